"""Limits of stored authorization requests: their size, and their number by source.

RFC 6749 section 3.1 lets anybody send a request, so that anybody could fill the
database. What somebody logged in stores is not counted.
"""

from __future__ import annotations

import json
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth import lifetimes
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.rate_limits import is_local, limits_by_source
from pyramid_oauth.throttling import too_many_requests, warn_of_proxy


def require_storable_size(oauth: OAuthRequest, details: dict[str, Any]) -> None:
    """Refuse a request that is too large to be stored.

    Args:
        oauth: The request.
        details: What is stored beside its parameters.

    Raises:
        InvalidRequestError: It has more than `authorization_request_size` bytes.
    """
    size = len(json.dumps(oauth.parameters)) + len(json.dumps(details))
    if size > oauth.server.settings.authorization_request_size:
        raise InvalidRequestError(
            description="The request is too large to be stored until it is answered."
        )


def count_stored_request(oauth: OAuthRequest) -> None:
    """Count a request that is stored for a caller who has proved nothing.

    The window is the time for which a request waits, so the limit is that of the
    requests which wait at the same time. Behind a proxy on this machine that forwards
    no addresses all visitors would be one source; then nothing is counted.

    Raises:
        TooManyRequests: The source has stored `pending_requests` of them.
    """
    request, server = oauth.pyramid, oauth.server
    most, address = server.settings.pending_requests, request.remote_addr
    warn_of_proxy(request)
    if not most or is_local(address):
        return
    seconds = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, request
    )
    limits = limits_by_source(address, most, "authorization request")
    wait = server.repositories.rate_limits.attempt(
        oauth.session, limits, seconds, oauth.now
    )
    if wait:
        name = oauth.client_id or ""
        raise too_many_requests(
            request, "authorization request", name, wait, client_id=name or None
        )
