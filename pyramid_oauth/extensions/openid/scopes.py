"""What OpenID Connect adds to consent: `offline_access`, and claims asked for singly.

OpenID Connect Core sections 5.5 and 11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid.response import Response

from pyramid_oauth.config.consent_sources import SCOPE, ConsentItem
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.scope_consent import ScopeConsent, scope_items
from pyramid_oauth.endpoints.authorize.steps.consent import is_forced
from pyramid_oauth.extensions.openid.authentication_request import OFFLINE, STATE
from pyramid_oauth.extensions.openid.claims import claims_catalogue


def drop_unapproved_offline_access(authorization: Authorization) -> Response | None:
    """Leave `offline_access` out unless the page asks for it or it was allowed before.

    Section 11: ignored without `prompt=consent`, except under other conditions. These
    are here: the page is shown anyway, each time; the person allowed it on such a
    page before; the application is trusted.
    """
    remembered = authorization.remembered
    if remembered is None or STATE not in authorization.state:
        return None
    oauth = authorization.oauth
    if OFFLINE not in oauth.scopes or OFFLINE in remembered.scopes:
        return None
    if not is_forced(authorization):
        oauth.scopes = [name for name in oauth.scopes if name != OFFLINE]
    return None


def _requested(authorization: Authorization) -> Mapping[str, Any]:
    """What the parameter `claims` asks for, by target."""
    claims: Mapping[str, Any] = authorization.state.get(STATE, {}).get("claims", {})
    return claims


class ClaimsConsent(ScopeConsent):
    """The scopes behind single claims.

    Who asks for single claims (section 5.5) asks for what a scope stands for, and gets
    no more by it than the person allows.
    """

    def items(self, authorization: Authorization) -> Sequence[ConsentItem]:
        """The scopes that single claims belong to, besides those of the request."""
        requested = _requested(authorization)
        if not requested:
            return ()
        catalogue = claims_catalogue(authorization.request.registry)
        named = {name for part in requested.values() for name in part or ()}
        behind = {catalogue.scope_of(name) for name in named}
        behind -= {None, *authorization.oauth.scopes}
        scopes, request = authorization.server.scopes, authorization.request
        known = [name for name in scopes.catalogue(request) if name in behind]
        return scope_items(
            authorization,
            scopes.keep_allowed(known, authorization.oauth.client, request),
        )

    def apply(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> None:
        """Drop the single claims that belong to a scope which was unticked."""
        decided = authorization.approved_items
        if decided is None or not _requested(authorization):
            return
        allowed = {None, *(item.name for item in decided if item.kind == SCOPE)}
        scope_of = claims_catalogue(authorization.request.registry).scope_of
        kept = {
            target: {
                name: said
                for name, said in (claims or {}).items()
                if scope_of(name) in allowed
            }
            for target, claims in _requested(authorization).items()
        }
        authorization.state[STATE] = {**authorization.state[STATE], "claims": kept}
