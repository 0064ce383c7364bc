"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.registry import _record, collected
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.registry import KERNEL_MODELS


def set_oauth_models(config: Any, **classes: Any) -> None:
    """Name the classes of roles: ``set_oauth_models(AccessToken=MyToken)``."""
    settings = {role.name: role.setting for role in KERNEL_MODELS}
    for name, given in classes.items():
        if name not in settings:
            known = ", ".join(settings)
            raise ConfigurationError(
                f"no model role is called {name}; there are {known}"
            )
        _set_model(config, settings[name], given)


def set_oauth_application_factory(config: Any, factory: Any) -> None:
    """Name the Application class, or its dotted name."""
    _set_model(config, "application_factory", factory)


def _set_model(config: Any, setting: str, given: Any) -> None:
    made = collected(config)

    def register() -> None:
        made.models[setting] = given

    _record(config, "oauth models", setting, given, register)


def set_oauth_accounts(config: Any, accounts: Any) -> None:
    """Name the `Accounts` subclass or instance through which users are reached."""
    accounts = config.maybe_dotted(accounts)
    made = collected(config)

    def register() -> None:
        made.accounts = accounts

    _record(config, "oauth accounts", "accounts", accounts, register)


def set_oauth_scope_provider(config: Any, provider: Any) -> None:
    """Name the `ScopeProvider` subclass or instance."""
    provider = config.maybe_dotted(provider)
    made = collected(config)

    def register() -> None:
        made.scope_provider = provider

    _record(config, "oauth scope provider", "provider", provider, register)
