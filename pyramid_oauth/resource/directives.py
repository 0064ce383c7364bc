"""Directives of the resource server: schemes, confirmations, view options.

RFC 6750, RFC 7800. They are not in `config`, since a resource server may run without
the authorization server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.protection import (
    SCOPES,
    Requirement,
    requirement_deriver,
)
from pyramid_oauth.resource.schemes import (
    SCHEMES,
    Confirmation,
    Scheme,
    Schemes,
    is_scheme_name,
)

RESOURCE_VIEW = "oauth_resource_view"
"""The view deriver of the option `oauth_resource`, the outermost of ours."""


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
    config: Configurator,
    name: str | Sequence[str],
    requirement: Callable[..., Requirement] | str,
    *,
    before_scopes: bool = False,
) -> None:
    """Add a view option that sets a requirement for the token, as `oauth_scopes` does.

    A view with the option accepts requests with a valid token that meets the
    requirement; others get 401 or 403 and a challenge. The token counts for the
    permission of the view only with `oauth_scopes`, so set both options.

    Args:
        name: The keyword of `add_view`, such as `oauth_group`; or several that set one
            requirement together.
        requirement: Called at start-up with the value of the option, or with that of
            each, None for those that a view does not set; returns a `Requirement`,
            whose `unmet(request, identity)` returns what the token lacks.
        before_scopes: Check the requirement before `oauth_scopes`. The challenge then
            names what the token lacks of both, so that one new token can meet them.
    """
    resolved = config.maybe_dotted(requirement)
    names = (name,) if isinstance(name, str) else tuple(name)
    for each in names:
        _record(config, "oauth view options", each, resolved, None)
    is_first = before_scopes or SCOPES in names
    config.add_view_deriver(
        requirement_deriver(names, resolved, before_scopes=before_scopes),
        f"{names[0]}_view",
        # The scopes before others, so that a challenge names them whatever is missing.
        under=RESOURCE_VIEW if is_first else f"{SCOPES}_view",
        over=f"{SCOPES}_view" if before_scopes else "secured_view",
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
