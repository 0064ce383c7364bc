"""Outcome of the authentication by access token (RFC 6750 section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyramid_oauth.resource.schemes import Place
from pyramid_oauth.resource.token_identity import TokenIdentity

UNAVAILABLE = "temporarily_unavailable"
"""The error code of a token that nobody can verify now (503)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of authentication by access token.

    Attributes:
        place: Where the token was sent; None without a token.
        identity: The identity of a valid token.
        error: The error code of a refused token (RFC 6750 section 3.1 or an extension).
        reason: Why it was refused, for the log.
        description: The `error_description` of the response.
        headers: Headers of the response.
    """

    place: Place | None = None
    identity: TokenIdentity | None = None
    error: str | None = None
    reason: str = ""
    description: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
