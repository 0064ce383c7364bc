"""OAuth resource server: `config.include("pyramid_oauth.resource")`, also without ours.

RFC 6750 (bearer tokens). It needs no database tables; the host's views do not change
until one sets `oauth_scopes` or a security policy is wrapped.

The names are imported when they are used first, so that a program without Pyramid can
import `pyramid_oauth.resource.verify`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid_oauth.resource.authentication import (
        authenticate,
        identity,
        presented,
        protected_resources,
    )
    from pyramid_oauth.resource.challenge import Unmet, bearer_refusal, refusal
    from pyramid_oauth.resource.inclusion import includeme
    from pyramid_oauth.resource.outcome import Outcome
    from pyramid_oauth.resource.policy import (
        OAuthSecurityPolicy,
        TokenDenied,
        token_principals,
    )
    from pyramid_oauth.resource.protected_resource import ProtectedResource
    from pyramid_oauth.resource.protection import Requirement, needs_csrf_check
    from pyramid_oauth.resource.schemes import HEADER, Places, Scheme
    from pyramid_oauth.resource.scopes import any_of, any_token, by_method
    from pyramid_oauth.resource.token_identity import TokenIdentity
    from pyramid_oauth.resource.verifier import TokenVerifier
    from pyramid_oauth.resource.verify import InvalidToken, VerifierUnavailable

__all__ = [
    "HEADER",
    "InvalidToken",
    "OAuthSecurityPolicy",
    "Outcome",
    "Places",
    "ProtectedResource",
    "Requirement",
    "Scheme",
    "TokenDenied",
    "TokenIdentity",
    "TokenVerifier",
    "Unmet",
    "VerifierUnavailable",
    "any_of",
    "any_token",
    "authenticate",
    "bearer_refusal",
    "by_method",
    "identity",
    "includeme",
    "needs_csrf_check",
    "presented",
    "protected_resources",
    "refusal",
    "token_principals",
]

_MODULES = {
    "HEADER": "schemes",
    "InvalidToken": "verify",
    "OAuthSecurityPolicy": "policy",
    "Outcome": "outcome",
    "Places": "schemes",
    "ProtectedResource": "protected_resource",
    "Requirement": "protection",
    "Scheme": "schemes",
    "TokenDenied": "policy",
    "TokenIdentity": "token_identity",
    "TokenVerifier": "verifier",
    "Unmet": "challenge",
    "VerifierUnavailable": "verify",
    "any_of": "scopes",
    "any_token": "scopes",
    "authenticate": "authentication",
    "bearer_refusal": "challenge",
    "by_method": "scopes",
    "identity": "authentication",
    "includeme": "inclusion",
    "needs_csrf_check": "protection",
    "presented": "authentication",
    "protected_resources": "authentication",
    "refusal": "challenge",
    "token_principals": "policy",
}
"""The module below this package that has the name."""


def __getattr__(name: str) -> object:
    """Import a public name (PEP 562)."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
