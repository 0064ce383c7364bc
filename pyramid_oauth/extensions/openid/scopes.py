"""Consent to `offline_access` and to claims of the `claims` parameter.

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
    """Drop `offline_access` unless the page asks for it or it was approved before.

    Section 11: ignored without `prompt=consent`, except under other conditions. Ours
    are: the page is always shown; the user approved it before; the application is
    trusted.
    """
    remembered = authorization.remembered
    if remembered is None or STATE not in authorization.state:
        return None
    oauth = authorization.oauth
    if OFFLINE not in remembered.scopes and not is_forced(authorization):
        oauth.scopes = [name for name in oauth.scopes if name != OFFLINE]
    return None


def _requested_claims(authorization: Authorization) -> Mapping[str, Any]:
    """Return the parameter `claims`, by target."""
    claims: Mapping[str, Any] = authorization.state.get(STATE, {}).get("claims", {})
    return claims


class ClaimsConsent(ScopeConsent):
    """Consent to the scopes of individually requested claims.

    The user approves the scope of such a claim (section 5.5) like a requested scope.
    """

    parameters = frozenset({"claims"})

    def items(self, authorization: Authorization) -> Sequence[ConsentItem]:
        """Return the scopes of requested claims that are not in the request."""
        requested = _requested_claims(authorization)
        if not requested:
            return ()
        catalogue = claims_catalogue(authorization.request.registry)
        claims = {name for part in requested.values() for name in part or ()}
        claim_scopes = {catalogue.scope_of(name) for name in claims}
        claim_scopes -= {None, *authorization.oauth.scopes}
        scopes, request = authorization.server.scopes, authorization.request
        known = [name for name in scopes.catalogue(request) if name in claim_scopes]
        return scope_items(
            authorization,
            scopes.keep_allowed(known, authorization.oauth.client, request),
        )

    def apply(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> None:
        """Drop the requested claims whose scope was not approved."""
        items = authorization.approved_items
        if items is None or not _requested_claims(authorization):
            return
        allowed = {None, *(item.name for item in items if item.kind == SCOPE)}
        scope_of = claims_catalogue(authorization.request.registry).scope_of
        kept = {
            target: {
                name: details
                for name, details in (claims or {}).items()
                if scope_of(name) in allowed
            }
            for target, claims in _requested_claims(authorization).items()
        }
        authorization.state[STATE] = {**authorization.state[STATE], "claims": kept}
