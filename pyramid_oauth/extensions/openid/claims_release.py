"""Release of claims to a client, by the granted scopes and the `claims` parameter.

OpenID Connect Core sections 5.4 and 5.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid_oauth.extensions.openid.claims import (
    CLAIMS,
    ClaimsCatalogue,
    ClaimsRequest,
)
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.repositories.refresh_tokens import FoundRefreshToken
from pyramid_oauth.server import Server, ServerRequest


def introspection_members(
    oauth: OAuthRequest, token: FoundAccessToken | FoundRefreshToken
) -> dict[str, Any]:
    """Return the members about the user for an introspection response (RFC 7662).

    They are claims with the target `introspection`, and the subject identifier for the
    client that introspects.
    """
    if token.user_id is None:
        return {}
    claims: dict[str, Any] = {}
    if isinstance(token, FoundAccessToken):
        claims = release_claims(
            oauth.server,
            oauth.pyramid,
            oauth.client,
            token.user_id,
            scopes=oauth.scopes,
            target="introspection",
            authentication=None,
        )
    return {**claims, "sub": subject_for(oauth.server, oauth.client, token.user_id)}


def release_claims(
    server: Server,
    request: ServerRequest,
    application: AbstractApplication,
    user_id: str,
    *,
    scopes: Iterable[str],
    target: str,
    authentication: Mapping[str, Any] | None,
    by_scope: bool = True,
) -> dict[str, Any]:
    """Return the claims for `target`, without protocol claims.

    `authentication` is that of the grant, with the parameters `claims` and
    `claims_locales`. A claim that `claims` requests is released only if the client may
    have the scope of the claim, so that the administrator's limits hold.
    """
    catalogue: ClaimsCatalogue = request.registry[CLAIMS]
    if target not in catalogue.targets:
        return {}
    parameters = authentication or {}
    requested = (parameters.get("claims") or {}).get(target) or {}
    claims_request = ClaimsRequest(
        request=request,
        user_id=user_id,
        application=application,
        scopes=frozenset(scopes),
        target=target,
        requested={
            name: details
            for name, details in requested.items()
            if _may_request(server, request, application, catalogue.scope_of(name))
        },
        locales=tuple(parameters.get("claims_locales") or ()),
    )
    return catalogue.collect(claims_request, by_scope=by_scope)


def _may_request(
    server: Server,
    request: ServerRequest,
    application: AbstractApplication,
    scope: str | None,
) -> bool:
    return scope is None or server.scopes.allows(scope, application, request)
