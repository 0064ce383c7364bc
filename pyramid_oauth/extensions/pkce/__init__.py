"""Proof Key for Code Exchange, S256 only (RFC 7636; RFC 9700 section 2.1.1)."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from pyramid_oauth.hashing import base64url, constant_time_equal
from pyramid_oauth.protocol.request import OAuthRequest

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


def check_challenge(request: Any) -> dict[str, Any]:
    """Refuse a challenge without method, of another method, or malformed."""
    challenge, method = request.code_challenge, request.code_challenge_method
    if challenge is None and method is None:
        return {}
    if challenge is None:
        raise _refused(request, "code_challenge_method came without code_challenge.")
    if method is None:
        raise _refused(request, "code_challenge_method is missing; it must be S256.")
    if method != "S256":
        raise _refused(request, "code_challenge_method must be S256.")
    if not _CHALLENGE.match(challenge):
        raise _refused(request, "code_challenge is not 43 characters of base64url.")
    return {}


def check_verifier(request: OAuthRequest) -> None:
    """Refuse a verifier nobody asked for, or a malformed one.

    A surplus one is the mark of a downgrade attack (RFC 9700 section 4.8.2).
    """
    if request.code_verifier is None:
        return
    if request.grant.code_challenge is None:
        raise InvalidGrantError(
            description="code_verifier came without code_challenge.", request=request
        )


def matches(verifier: str, challenge: str) -> bool:
    """Whether `verifier` hashes to `challenge` (RFC 7636 section 4.6)."""
    if not _VERIFIER.match(verifier):
        return False
    return constant_time_equal(
        base64url(sha256(verifier.encode("ascii")).digest()), challenge
    )


def _refused(request: OAuthRequest, problem: str) -> InvalidRequestError:
    return InvalidRequestError(description=problem, request=request)
