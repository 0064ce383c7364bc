"""Token verifier: the callable that turns an access token into an identity.

RFC 6750 section 5.2 does not define how a resource server learns the content of a
token; the verifier does it (database look-up, signature, introspection).
"""

from __future__ import annotations

from typing import Protocol

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.interfaces.request import AnyRequest
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify import Verifier

CHOSEN = "pyramid_oauth.token_verifier"

DEFAULT = "pyramid_oauth.token_verifier.default"

VERIFIER = "pyramid_oauth.token_verifier.used"
"""Registry key of the verifier that is used, since the end of the configuration."""


class TokenVerifier(Protocol):
    """Callable that returns the identity of a token or raises InvalidToken.

    It is called at most once per request, when the identity is first needed. It raises
    VerifierUnavailable if whoever knows the token does not answer: the response is 503.
    Other errors propagate, so that a request can be retried after one of the database.
    """

    def __call__(self, request: AnyRequest, token: str, /) -> TokenIdentity:
        """Return the identity of `token`, which is a b64token."""


def set_oauth_token_verifier(
    config: Configurator,
    verifier: TokenVerifier | Verifier | str,
    *,
    default: bool = False,
) -> None:
    """Set the verifier of access tokens.

    Args:
        verifier: A `TokenVerifier`, one of `pyramid_oauth.resource.verify`, or its
            dotted name.
        default: For add-ons: use it only if no other verifier is set, in whatever order
            the includes run.

    Raises:
        ConfigurationError: The verifier is not callable.
    """
    resolved = _adapted(config.maybe_dotted(verifier))
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


def _adapted(verifier: object) -> object:
    """Return a verifier of `pyramid_oauth.resource.verify` as a TokenVerifier."""
    verify = getattr(verifier, "verify", None)
    if callable(verifier) or not callable(verify):
        return verifier
    return lambda request, token: verify(token)


def choose_verifier(registry: Registry) -> None:
    """Set the verifier that is used; stop the start of an application without one.

    Called as an action at the end of the configuration. A subscriber would cost time: a
    registry with a subscriber of any kind creates four events per request.
    """
    verifier = registry.get(CHOSEN) or registry.get(DEFAULT)
    if verifier is None:
        raise ConfigurationError(
            "no token verifier: call config.set_oauth_token_verifier(verifier), or "
            "include pyramid_oauth as a whole, whose server verifies its own tokens"
        )
    registry[VERIFIER] = verifier
