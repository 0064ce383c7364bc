"""Directives of the resource server: schemes, confirmations, view options.

RFC 6750, RFC 7800. They are not in `config`, since a resource server may run without
the authorization server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.viewderivers import INGRESS

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.protection import Requirement, requirement_deriver
from pyramid_oauth.resource.schemes import (
    SCHEMES,
    Confirmation,
    Scheme,
    Schemes,
    is_scheme_name,
)


def add_oauth_token_scheme(config: Configurator, scheme: Scheme | str) -> None:
    """Add an authentication scheme for access tokens, such as DPoP.

    Protected views, UserInfo and every other endpoint that takes access tokens accept
    it, and their challenges name it. It replaces a built-in scheme of the same name.

    Args:
        scheme: See `pyramid_oauth.resource.schemes.Scheme`, or its dotted name.

    Raises:
        ConfigurationError: The name is not an authentication scheme (RFC 9110 11.1).
    """
    resolved: Scheme = config.maybe_dotted(scheme)
    if not is_scheme_name(resolved.name):
        raise ConfigurationError(f"{resolved.name!r} is not an authentication scheme")
    schemes: Schemes = config.registry[SCHEMES]

    def register() -> None:
        schemes.by_name[resolved.name.lower()] = resolved

    _record(config, "oauth token schemes", resolved.name.lower(), resolved, register)


def add_oauth_confirmation(
    config: Configurator, member: str, check: Confirmation | str
) -> None:
    """Add the check of a member of `cnf` (RFC 7800), such as `jkt` or `x5t#S256`.

    A token with a confirmation member that has no check is refused.

    Args:
        member: The member of the claim `cnf`.
        check: `(request, value)`, or its dotted name; returns True if the request
            proves possession.
    """
    resolved = config.maybe_dotted(check)
    schemes: Schemes = config.registry[SCHEMES]

    def register() -> None:
        schemes.confirmations[member] = resolved

    _record(config, "oauth confirmations", member, resolved, register)


def add_oauth_view_option(
    config: Configurator, name: str, requirement: Callable[[Any], Requirement] | str
) -> None:
    """Add a view option that sets a requirement for the token, as `oauth_scopes` does.

    A view with the option accepts requests with a valid token that meets the
    requirement; others get 401 or 403 and a challenge. The token counts for the
    permission of the view only with `oauth_scopes`, so set both options.

    Args:
        name: The keyword of `add_view`, such as `oauth_acr`.
        requirement: Called at start-up with the value of the option; returns a
            `Requirement`, whose `unmet(request, identity)` returns what the token
            lacks.
    """
    resolved = config.maybe_dotted(requirement)
    _record(config, "oauth view options", name, resolved, None)
    config.add_view_deriver(
        requirement_deriver(name, resolved),
        f"{name}_view",
        under=INGRESS,
        over="secured_view",
    )


def _record(
    config: Configurator,
    category: str,
    name: str,
    value: object,
    register: Callable[[], None] | None,
) -> None:
    introspectable = config.introspectable(category, name, name, "OAuth")
    introspectable["value"] = value
    config.action((category, name), register, introspectables=(introspectable,))
