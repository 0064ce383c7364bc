"""Which claims leave for a client: by the granted scopes and by what it asked for.

OpenID Connect Core sections 5.4 and 5.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid_oauth.extensions.openid.claims import (
    ClaimsRequest,
    claims_catalogue,
)
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.repositories.refresh_tokens import FoundRefreshToken
from pyramid_oauth.server import Server


def introspection_members(
    oauth: OAuthRequest, found: FoundAccessToken | FoundRefreshToken
) -> dict[str, Any]:
    """What the client that asks about a token may know of its user (RFC 7662).

    Claims registered for the target `introspection`, and the subject as that client
    knows it.
    """
    if found.user_id is None:
        return {}
    claims: dict[str, Any] = {}
    if isinstance(found, FoundAccessToken):
        claims = release_claims(
            oauth.server,
            oauth.pyramid,
            oauth.client,
            found.user_id,
            scopes=oauth.scopes,
            target="introspection",
            authentication=None,
        )
    return {**claims, "sub": subject_for(oauth.server, oauth.client, found.user_id)}


def release_claims(
    server: Server,
    request: Any,
    application: Any,
    user_id: str,
    *,
    scopes: Iterable[str],
    target: str,
    authentication: Mapping[str, Any] | None,
    by_scope: bool = True,
) -> dict[str, Any]:
    """The claims for `target` (`id_token`, `userinfo`), protocol claims left out.

    `authentication` is what the grant remembers, the parameters `claims` and
    `claims_locales` included. A
    claim asked for by it is released only where the client may have the scope that
    covers it: the parameter must not reach further than the administrator allowed.
    """
    catalogue = claims_catalogue(request.registry)
    if target not in catalogue.targets:
        return {}
    known = authentication or {}
    wanted = (known.get("claims") or {}).get(target) or {}
    asked = ClaimsRequest(
        request=request,
        user_id=user_id,
        application=application,
        scopes=frozenset(scopes),
        target=target,
        requested={
            name: details
            for name, details in wanted.items()
            if _may_ask(server, request, application, catalogue.scope_of(name))
        },
        locales=tuple(known.get("claims_locales") or ()),
    )
    return catalogue.collect(asked, by_scope=by_scope)


def _may_ask(server: Server, request: Any, application: Any, scope: str | None) -> bool:
    return scope is None or server.scopes.allows(scope, application, request)
