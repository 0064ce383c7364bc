"""Registration of the resource server: settings, directives, view options.

RFC 6750. Pyramid's `config.include("pyramid_oauth.resource")` calls `includeme`.
"""

from __future__ import annotations

from pyramid.viewderivers import INGRESS

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.authentication import PLACES
from pyramid_oauth.resource.challenge import check_realm
from pyramid_oauth.resource.directives import (
    RESOURCE_VIEW,
    add_oauth_confirmation,
    add_oauth_token_scheme,
    add_oauth_view_option,
)
from pyramid_oauth.resource.protection import (
    SCOPES,
    SENDER_CONSTRAINED,
    OAuthScopePredicate,
    ScopeRequirement,
    SenderConstraintRequirement,
    resource_view,
    token_csrf_view,
)
from pyramid_oauth.resource.schemes import SCHEMES, Bearer, Places, Schemes
from pyramid_oauth.resource.verifier import choose_verifier, set_oauth_token_verifier
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.directive_registration import add_directive
from pyramid_oauth.settings.server import ServerSettings

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
    add_directive(config, set_oauth_token_verifier)
    for directive in (
        add_oauth_token_scheme,
        add_oauth_confirmation,
        add_oauth_view_option,
    ):
        config.add_directive(directive.__name__, directive)
    config.include("pyramid_oauth.resource.protected_resource_directives")
    config.include("pyramid_oauth.resource.token_verifiers")
    config.add_oauth_token_scheme(Bearer())
    config.add_view_deriver(
        resource_view, RESOURCE_VIEW, under=INGRESS, over="secured_view"
    )
    config.add_oauth_view_option(SCOPES, ScopeRequirement)
    config.add_oauth_view_option(SENDER_CONSTRAINED, SenderConstraintRequirement)
    config.include("pyramid_oauth.resource.user_authentication")
    config.include("pyramid_oauth.resource.authorization_details")
    config.include("pyramid_oauth.resource.throttled_view")
    config.add_view_predicate("oauth_scope", OAuthScopePredicate)
    config.add_view_deriver(
        token_csrf_view, "oauth_csrf_view", under="csrf_view", over="owrapped_view"
    )
    config.action(
        "pyramid_oauth.token_verifier required",
        lambda: choose_verifier(config.registry),
        order=LATE,
    )
