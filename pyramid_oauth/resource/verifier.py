"""The one way from a token to an identity: a verifier, chosen by directive.

RFC 6750 section 5.2 leaves open how a resource server learns what a token means; the
verifier is that hook (database look-up, signature, introspection).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from pyramid.request import Request

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource.token_identity import TokenIdentity

CHOSEN = "pyramid_oauth.token_verifier"

DEFAULT = "pyramid_oauth.token_verifier.default"


class InvalidToken(Exception):
    """The token is unknown, expired, revoked or not meant for this server.

    Args:
        reason: Why, for the log alone; it must not contain the token.
        error: The error code that the caller learns.
        description: What the caller learns beside it, for a code of an extension.
        headers: Headers of the answer, such as a `DPoP-Nonce`.
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


class TokenVerifier(Protocol):
    """Turns a token into the identity behind it, or raises InvalidToken.

    It is called at most once per request, when the identity is first asked for.
    Errors of a database or network pass through it, so that a retry can see them.
    """

    def __call__(self, request: Request, token: str, /) -> TokenIdentity:
        """The identity behind `token`, which is syntactically a b64token."""


def set_oauth_token_verifier(
    config: Any, verifier: TokenVerifier | str, *, default: bool = False
) -> None:
    """Directive: verify bearer tokens with `verifier` (or its dotted name).

    `default=True` is for add-ons: their verifier is used where nobody else names one,
    whatever the order of the includes.
    """
    resolved = config.maybe_dotted(verifier)
    if not callable(resolved):
        raise ConfigurationError(
            f"the token verifier {verifier!r} cannot be called; it must be "
            "a callable (request, token) that returns a TokenIdentity"
        )
    key = DEFAULT if default else CHOSEN
    intr = config.introspectable(
        "pyramid_oauth resource server", key, str(verifier), "OAuth token verifier"
    )
    intr["verifier"], intr["default"] = resolved, default

    def register() -> None:
        config.registry[key] = resolved

    config.action(key, register, introspectables=(intr,))


def find_verifier(registry: Any) -> TokenVerifier:
    """The verifier of this registry; ConfigurationError where there is none."""
    found = registry.get(CHOSEN) or registry.get(DEFAULT)
    if found is None:
        raise ConfigurationError(
            "no token verifier: call config.set_oauth_token_verifier(verifier), or "
            "include pyramid_oauth as a whole, whose server verifies its own tokens"
        )
    return cast(TokenVerifier, found)


def require_verifier(registry: Any) -> None:
    """Stop the start of an application that could verify no token.

    Asked when the configuration is complete and not by a subscriber: a registry with
    a single subscriber of any kind makes and sends four events a request.
    """
    find_verifier(registry)
