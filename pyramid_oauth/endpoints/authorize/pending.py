"""Persist a pending authorization request while the user logs in or consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pyramid_oauth import lifetimes
from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.clock import now
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.hashing import constant_time_equal, sha256_digest
from pyramid_oauth.http.urls import current_path


def save_pending_request(
    authorization: Authorization, user_id: str | None, began: datetime | None = None
) -> str:
    """Keep the request; returns the path that takes it up again.

    `user_id` is who may take it up; None waits for whoever logs in. `began` (default:
    now) is the moment that logins are compared with: later ones are fresh.
    """
    oauth, server = authorization.oauth, authorization.server
    seconds = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, authorization.request
    )
    handle = server.repositories.authorization_requests.add(
        oauth.session,
        application=authorization.client,
        parameters=oauth.parameters,
        browser=binding_cookie.get_or_create(authorization.request),
        user_id=user_id,
        created_at=began or now(),
        expires_at=lifetimes.from_now(seconds),
    )
    path = current_path(authorization.request).rstrip("/")
    if authorization.pending is not None:
        path = path.rpartition("/")[0]
    return f"{path}/{handle}"


def is_same_browser(request: Any, row: Any) -> bool:
    """Return whether this browser is the one that began the pending request."""
    value = binding_cookie.get(request)
    if row.browser_digest is None:
        return True
    return value is not None and constant_time_equal(
        sha256_digest(value), row.browser_digest
    )
