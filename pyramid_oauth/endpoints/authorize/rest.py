"""Putting a request to rest while its resource owner logs in or decides."""

from __future__ import annotations

from datetime import datetime

from pyramid_oauth import lifetimes
from pyramid_oauth.clock import now
from pyramid_oauth.endpoints.authorize.authorization import Authorization
from pyramid_oauth.protocol import browser
from pyramid_oauth.protocol.own_path import own_path


def put_to_rest(
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
    handle = server.records.authorization_requests.add(
        oauth.session,
        application=authorization.client,
        parameters=oauth.parameters,
        browser=browser.ensured(authorization.request),
        user_id=user_id,
        created_at=began or now(),
        expires_at=lifetimes.from_now(seconds),
    )
    path = own_path(authorization.request).rstrip("/")
    if authorization.pending is not None:
        path = path.rpartition("/")[0]
    return f"{path}/{handle}"
