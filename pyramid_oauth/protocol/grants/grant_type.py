"""The authorization code grant (RFC 6749 section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth import lifetimes
from pyramid_oauth.clock import now
from pyramid_oauth.models.columns import new_id
from pyramid_oauth.protocol.request import OAuthRequest

Check = Callable[[Any], dict[str, Any]]


def add_grant(request: OAuthRequest, **values: Any) -> Any:
    """Store a grant for what the resource owner allowed; returns its id."""
    server, client = request.server, request.client
    seconds = lifetimes.refresh_token_absolute(server.settings, client, request.pyramid)
    grant_id = new_id()
    server.repositories.grants.add(
        request.session,
        client,
        id=grant_id,
        user_id=request.user,
        scope=" ".join(request.scopes or ()),
        resource="",
        created_at=now(),
        expires_at=lifetimes.from_now(seconds),
        **values,
    )
    return grant_id
