"""OAuth resource server: `config.include("pyramid_oauth.resource")`, also without ours.

RFC 6750 (bearer tokens). It needs no database tables; the host's views do not change
until one sets `oauth_scopes` or a security policy is wrapped.
"""

from __future__ import annotations

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.authentication import (
    PLACES,
    Outcome,
    authenticate,
    identity,
    presented,
)
from pyramid_oauth.resource.challenge import (
    Unmet,
    bearer_refusal,
    check_realm,
    refusal,
    set_oauth_resource_metadata,
)
from pyramid_oauth.resource.directives import (
    add_oauth_confirmation,
    add_oauth_token_scheme,
    add_oauth_view_option,
)
from pyramid_oauth.resource.policy import OAuthSecurityPolicy, TokenDenied
from pyramid_oauth.resource.protection import (
    SCOPES,
    OAuthScopePredicate,
    Requirement,
    ScopeRequirement,
    needs_csrf_check,
    token_csrf_view,
)
from pyramid_oauth.resource.schemes import (
    HEADER,
    SCHEMES,
    Bearer,
    Places,
    Scheme,
    Schemes,
)
from pyramid_oauth.resource.scopes import any_of, any_token, by_method
from pyramid_oauth.resource.token_identity import TokenIdentity, token_principals
from pyramid_oauth.resource.verifier import (
    InvalidToken,
    TokenVerifier,
    choose_verifier,
    set_oauth_token_verifier,
)
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.server import ServerSettings

__all__ = [
    "HEADER",
    "InvalidToken",
    "OAuthSecurityPolicy",
    "Outcome",
    "Places",
    "Requirement",
    "Scheme",
    "TokenDenied",
    "TokenIdentity",
    "TokenVerifier",
    "Unmet",
    "any_of",
    "any_token",
    "authenticate",
    "bearer_refusal",
    "by_method",
    "identity",
    "includeme",
    "needs_csrf_check",
    "presented",
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
"""Action order after all includes, each of which may set a verifier."""


def includeme(config: Configurator) -> None:
    """Add the view option, the predicate and the directives of the resource server."""
    config.include("pyramid_oauth.settings.directives")
    settings = config.registry[SETTINGS]
    check_realm(settings.realm)
    config.registry[SCHEMES] = Schemes()
    config.registry[PLACES] = Places(
        body=settings.access_token_in_body, query=settings.access_token_in_query
    )
    config.add_oauth_check(*CHECKS)
    config.add_directive("set_oauth_token_verifier", set_oauth_token_verifier)
    config.add_directive("set_oauth_resource_metadata", set_oauth_resource_metadata)
    for directive in (
        add_oauth_token_scheme,
        add_oauth_confirmation,
        add_oauth_view_option,
    ):
        config.add_directive(directive.__name__, directive)
    config.add_oauth_token_scheme(Bearer())
    config.add_oauth_view_option(SCOPES, ScopeRequirement)
    config.add_view_predicate("oauth_scope", OAuthScopePredicate)
    config.add_view_deriver(
        token_csrf_view, "oauth_csrf_view", under="csrf_view", over="owrapped_view"
    )
    config.action(
        "pyramid_oauth.token_verifier required",
        lambda: choose_verifier(config.registry),
        order=LATE,
    )
