"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.registry import collected, record
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.client_metadata_fields import (
    Field,
    Validation,
    Verification,
)
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

    record(config, "oauth models", setting, given, register)


def set_oauth_accounts(config: Any, accounts: Any) -> None:
    """Name the `Accounts` subclass or instance through which users are reached."""
    accounts = config.maybe_dotted(accounts)
    made = collected(config)

    def register() -> None:
        made.accounts = accounts

    record(config, "oauth accounts", "accounts", accounts, register)


def set_oauth_scope_provider(config: Any, provider: Any) -> None:
    """Name the `ScopeProvider` subclass or instance."""
    provider = config.maybe_dotted(provider)
    made = collected(config)

    def register() -> None:
        made.scope_provider = provider

    record(config, "oauth scope provider", "provider", provider, register)


def add_oauth_client_metadata(
    config: Any,
    *fields: Field | str,
    validate: Validation | str | None = None,
    verify: Verification | str | None = None,
) -> None:
    """Add members to the client metadata that this server understands (RFC 7591).

    Registration and the command line then read, check, store and return them; a member
    without a column is read with `application.declared(name)`. A field of the same name
    replaces ours.

    Args:
        fields: The members, each with the shape of its JSON value.
        validate: `(application, rules, errors)`, called where every member has its
            shape; adds what is wrong among members.
        verify: `(server, application)`, called where nothing else is wrong; returns
            the problems that only the server can find, by field.
    """
    made = collected(config)
    for given in fields:
        _add_client_metadata_field(config, config.maybe_dotted(given))
    for check, kept, category in (
        (validate, made.client_metadata_validations, "validations"),
        (verify, made.client_metadata_verifications, "verifications"),
    ):
        if check is not None:
            _add_client_metadata_check(
                config, config.maybe_dotted(check), kept, category
            )


def _add_client_metadata_field(config: Any, given: Field) -> None:
    made = collected(config)

    def register() -> None:
        made.client_metadata[given.name] = given

    record(config, "oauth client metadata", given.name, given, register)


def _add_client_metadata_check(
    config: Any, check: Any, kept: dict[str, Any], category: str
) -> None:
    name = f"{check.__module__}.{check.__qualname__}"

    def register() -> None:
        kept[name] = check

    record(config, f"oauth client metadata {category}", name, check, register)
