"""The view options `oauth_acr` and `oauth_max_age` (RFC 9470 section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.authentication import moment
from pyramid_oauth.resource.challenge import Unmet
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.token_verifier_settings import TokenVerifierSettings
from pyramid_oauth.resource.verify.user_authentication import (
    DESCRIPTION,
    ERROR,
    UserAuthentication,
)
from pyramid_oauth.settings import SETTINGS

OPTIONS = ("oauth_acr", "oauth_max_age")

IS_REQUIRED = "pyramid_oauth.user_authentication.required"
"""Registry key: set once a view has one of the options."""

IS_TOLD = "pyramid_oauth.user_authentication.told"
"""Registry key: set where the access tokens of this server tell of the login."""


class UserAuthenticationRequirement:
    """The requirement of both options, which one challenge states."""

    def __init__(
        self, registry: Registry, acr: str | Iterable[str] | None, max_age: int | None
    ) -> None:
        registry[IS_REQUIRED] = True
        self._leeway = registry[SETTINGS][TokenVerifierSettings].token_leeway
        try:
            self._required = UserAuthentication(
                acr=() if acr is None else acr, max_age=max_age
            )
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{' and '.join(OPTIONS)}: {error}") from error
        self._unmet = Unmet(
            ERROR,
            status=401,
            description=DESCRIPTION,
            parameters=self._required.parameters(),
        )

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        """Return what the user of the token must do: log in by other means, or anew."""
        is_met = self._required.is_met_by(
            identity, at=moment(request), leeway=self._leeway
        )
        return None if is_met else self._unmet


def includeme(config: Configurator) -> None:
    """Add both view options, which are one requirement."""
    config.add_oauth_view_option(
        OPTIONS,
        partial(UserAuthenticationRequirement, config.registry),
        before_scopes=True,
    )
