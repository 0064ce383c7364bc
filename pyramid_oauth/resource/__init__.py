"""The resource-server half: `config.include("pyramid_oauth.resource")`, also alone.

RFC 6750 (bearer tokens) in a process that needs no tables; nothing of the host's
changes until a view says `oauth_scopes` or a policy is wrapped.
"""

from __future__ import annotations

from typing import Any

from pyramid.viewderivers import INGRESS

from pyramid_oauth.resource.authentication import identity
from pyramid_oauth.resource.challenge import (
    bearer_refusal,
    check_realm,
    refusal,
    set_oauth_resource_metadata,
)
from pyramid_oauth.resource.policy import OAuthSecurityPolicy, TokenDenied
from pyramid_oauth.resource.protection import (
    OAuthScopePredicate,
    needs_csrf_check,
    scoped_view,
    token_csrf_view,
)
from pyramid_oauth.resource.scopes import any_of, any_token, by_method
from pyramid_oauth.resource.token_identity import TokenIdentity, token_principals
from pyramid_oauth.resource.verifier import (
    InvalidToken,
    TokenVerifier,
    require_verifier,
    set_oauth_token_verifier,
)
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.server import ServerSettings

__all__ = [
    "InvalidToken",
    "OAuthSecurityPolicy",
    "TokenDenied",
    "TokenIdentity",
    "TokenVerifier",
    "any_of",
    "any_token",
    "bearer_refusal",
    "by_method",
    "identity",
    "includeme",
    "needs_csrf_check",
    "refusal",
    "token_principals",
]

CHECKS = (
    Check(
        "W105",
        "access_token_in_query",
        lambda settings: settings.access_token_in_query,
        "puts tokens into logs and histories (RFC 9700 section 4.3.2)",
        severity=Severity.WARNING,
        section=ServerSettings,
    ),
    Check(
        "W106",
        "access_token_in_body",
        lambda settings: settings.access_token_in_body,
        "accepts tokens outside the Authorization header (RFC 6750 section 2.2)",
        severity=Severity.WARNING,
        section=ServerSettings,
    ),
)

LATE = 10
"""After everybody had the chance to name a verifier."""


def includeme(config: Any) -> None:
    """Add the view option, the predicate and the directives of the resource server."""
    config.include("pyramid_oauth.settings.directives")
    check_realm(config.registry[SETTINGS].realm)
    config.add_oauth_check(*CHECKS)
    config.add_directive("set_oauth_token_verifier", set_oauth_token_verifier)
    config.add_directive("set_oauth_resource_metadata", set_oauth_resource_metadata)
    config.add_view_predicate("oauth_scope", OAuthScopePredicate)
    config.add_view_deriver(
        scoped_view, "oauth_scopes_view", under=INGRESS, over="secured_view"
    )
    config.add_view_deriver(
        token_csrf_view, "oauth_csrf_view", under="csrf_view", over="owrapped_view"
    )
    config.action(
        "pyramid_oauth.token_verifier required",
        lambda: require_verifier(config.registry),
        order=LATE,
    )
