"""Putting a request to rest while its resource owner logs in or decides."""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth import lifetimes
from pyramid_oauth.endpoints.authorize.answer import see_other
from pyramid_oauth.endpoints.authorize.authorization import Authorization
from pyramid_oauth.protocol import browser


def put_to_rest(authorization: Authorization) -> Response:
    """Put the request to rest and show the person its own page."""
    oauth, server = authorization.oauth, authorization.server
    seconds = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, authorization.request
    )
    handle = server.records.authorization_requests.add(
        oauth.session,
        client_id=authorization.client.client_id,
        parameters=oauth.parameters,
        browser=browser.ensured(authorization.request),
        user_id=oauth.user,
        expires_at=lifetimes.from_now(seconds),
    )
    path = authorization.request.path.rstrip("/")
    return see_other(f"{path}/{handle}")
