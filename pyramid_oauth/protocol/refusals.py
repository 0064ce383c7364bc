"""Log records of refused requests: the client, the rule and the cure.

The response has the `error_description` only (RFC 6749 section 5.2).
"""

from __future__ import annotations

import logging
import re

from oauthlib.oauth2.rfc6749.errors import OAuth2Error

log = logging.getLogger(__name__)

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

UPDATE = "pyramid-oauth application update INI"

BAD_CODE = "The code is unknown, expired, used or not of this client."

BAD_REFRESH_TOKEN = "The refresh token is unknown, over or not of this client."


def log_refusal(
    endpoint: str, client_id: str | None, error: OAuth2Error, reason: str | None = None
) -> None:
    """Log why `endpoint` refused a request.

    Args:
        endpoint: The name of the endpoint.
        client_id: The client, as far as it is known.
        error: The error of the response.
        reason: The reason and the cure; default: the description of the error.
    """
    text = f"{error.error}: {reason or error.description or 'no further reason'}"
    log.info(
        "%s refused client %.260r: %.1000s",
        endpoint,
        client_id,
        _UNPRINTABLE.sub("?", text),
    )
