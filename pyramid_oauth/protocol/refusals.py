"""Log records of refused requests: the client, the rule and the cure.

The response has the `error_description` only (RFC 6749 section 5.2). An error page
shows a reference, which is in the log record too.
"""

from __future__ import annotations

import logging
import re

from oauthlib.oauth2.rfc6749.errors import (
    OAuth2Error,
    TemporarilyUnavailableError,
)
from pyramid.request import RequestLocalCache

from pyramid_oauth.hashing import new_credential
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import ServerRequest

log = logging.getLogger(__name__)

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

UPDATE = "pyramid-oauth application update INI"

BAD_CODE = "The code is unknown, expired, used or not of this client."

BAD_REFRESH_TOKEN = "The refresh token is unknown, over or not of this client."


_references: RequestLocalCache[str | None] = RequestLocalCache(lambda request: None)


def new_reference(request: ServerRequest) -> str:
    """Return the reference of a log record of `request`, for its error page."""
    reference = reference_of(request) or new_credential(6)
    _references.set(request, reference)
    return reference


def reference_of(request: ServerRequest) -> str | None:
    """Return the reference that is in the log; None if there is no record of it."""
    reference: str | None = _references.get_or_create(request)
    return reference


def unavailable(
    request: OAuthRequest, reason: str, description: str
) -> TemporarilyUnavailableError:
    """Return the error of a request with which nothing may be stored.

    Args:
        request: The request.
        reason: For the log, with the cure.
        description: The `error_description`.
    """
    request.refuse(reason, description)
    error = TemporarilyUnavailableError(request=request)
    error.status_code = 503  # so that the transaction is rolled back
    return error


def log_refusal(
    endpoint: str,
    client_id: str | None,
    error: OAuth2Error,
    reason: str | None = None,
    *,
    request: ServerRequest | None = None,
) -> None:
    """Log why `endpoint` refused a request.

    Args:
        endpoint: The name of the endpoint.
        client_id: The client, as far as it is known.
        error: The error of the response.
        reason: The reason and the cure; default: the description of the error.
        request: The request if an error page answers it; the record gets the reference
            that the page shows.
    """
    text = f"{error.error}: {reason or error.description or 'no further reason'}"
    log.info(
        "%s refused client %.260r: %.1000s%s",
        endpoint,
        client_id,
        _UNPRINTABLE.sub("?", text),
        f" (reference {new_reference(request)})" if request is not None else "",
    )
