"""Authorization details of access tokens at resource servers (RFC 9396 section 9).

The view option `oauth_authorization_details`, and the check of each type. A program
without Pyramid asks `TokenIdentity.details_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.request import AnyRequest
from pyramid_oauth.resource.challenge import Unmet
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.settings.directive_registration import add_directive

Check = Callable[[AnyRequest, Mapping[str, Any]], bool]
"""`(request, detail)`: whether a detail of the token allows the request."""

CHECKS = "pyramid_oauth.authorization_details_checks"
"""Registry key of the checks by type; None for a type without one."""

OPTION = "oauth_authorization_details"

SUPPORTED = "authorization_details_types_supported"


class AuthorizationDetailsRequirement:
    """The requirement of `oauth_authorization_details`.

    Args:
        value: The type of which the token must have a detail that the check of the type
            allows; a function `(request, detail)`, for details of every type; or a pair
            of both, whose function replaces the check of the type.

    Raises:
        ConfigurationError: It is something else.
    """

    def __init__(self, value: str | Check | tuple[str, Check]) -> None:
        self._type: str | None = None
        self._check: Check | None = None
        if isinstance(value, str):
            self._type = value
        elif callable(value):
            self._check = value
        elif isinstance(value, tuple) and len(value) == 2:
            self._type, self._check = value
        else:
            raise ConfigurationError(
                f"{OPTION} is {value!r}: give a type, a function, or a pair of them"
            )

    def unmet(self, request: AnyRequest, identity: TokenIdentity) -> Unmet | None:
        """Return an error if no detail of the token allows the request."""
        name, check = self._type, self._check
        if name is None:
            found = identity.authorization_details
        else:
            found = identity.details_of(name)
            check = check or request.registry[CHECKS].get(name)
        if any(check is None or check(request, detail) for detail in found):
            return None
        of_type = "" if name is None else f" of type {name}"
        return Unmet(
            description=f"No authorization detail{of_type} of the token allows this."
        )


def add_oauth_authorization_details_check(
    config: Configurator, name: str, check: Check | str | None = None
) -> None:
    """Name a type of authorization details that this resource server understands.

    The metadata of protected resources lists it. The authorization server calls it for
    the types that it declares.

    Args:
        name: The value of `type`.
        check: `(request, detail)`, or its dotted name: whether a detail of the token
            allows the request; None: each does.
    """
    resolved = config.maybe_dotted(check)
    checks = config.registry[CHECKS]

    def register() -> None:
        checks[name] = resolved

    category = "oauth authorization details checks"
    introspectable = config.introspectable(category, name, name, "OAuth")
    introspectable["value"] = resolved
    config.action((category, name), register, introspectables=(introspectable,))


def includeme(config: Configurator) -> None:
    """Add the directive, the view option and the metadata of protected resources."""
    checks: dict[str, Check | None] = {}
    config.registry[CHECKS] = checks
    add_directive(config, add_oauth_authorization_details_check)
    config.add_oauth_view_option(OPTION, AuthorizationDetailsRequirement)
    config.add_oauth_resource_metadata(
        "authorization_details", lambda resource: {SUPPORTED: list(checks)}
    )
