"""What is answered while the server lacks something that only its operator can give.

RFC 6749 sections 4.1.2.1 and 5.2 (`temporarily_unavailable`).
"""

from __future__ import annotations

import logging

from oauthlib.oauth2.rfc6749.errors import OAuth2Error, TemporarilyUnavailableError

log = logging.getLogger(__name__)


def unavailable(problem: str) -> OAuth2Error:
    """The error to raise; `problem` is told to the operator, not to the caller."""
    log.critical("%s", problem)
    error = TemporarilyUnavailableError(
        description="The server cannot complete this request at the moment."
    )
    error.status_code = 503
    return error
