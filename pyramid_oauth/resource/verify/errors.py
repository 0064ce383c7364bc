"""Outcomes of a verification other than an identity: refused, or not possible now.

RFC 6750 section 3.1 for the refusal; RFC 9110 section 15.6.4 for the outage.
"""

from __future__ import annotations

from collections.abc import Mapping


class InvalidToken(Exception):
    """The token is unknown, expired, revoked or not meant for this server.

    Args:
        reason: Why, for the log only; it must not contain the token.
        error: The error code for the caller.
        description: The `error_description` for the caller.
        headers: Response headers, such as a `DPoP-Nonce`.
    """

    def __init__(
        self,
        reason: str,
        *,
        error: str = "invalid_token",
        description: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error
        self.description = description
        self.headers = dict(headers or {})


class VerifierUnavailable(Exception):
    """Nobody can say now whether the token is valid: the issuer does not answer.

    The request is answered with 503 and `Retry-After`; it is never accepted.

    Args:
        reason: Why, for the log only; it must not contain the token.
        retry_after: Seconds until an attempt may succeed.
    """

    def __init__(self, reason: str, *, retry_after: int = 5) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
