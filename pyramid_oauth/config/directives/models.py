"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.registry import collected, record
from pyramid_oauth.models.client_metadata_fields import (
    Field,
    Validation,
    Verification,
)
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.repositories import RepositoryFactory
from pyramid_oauth.settings import SETTINGS, Row
from pyramid_oauth.settings.converters import optional_text_or_class


def add_oauth_model(config: Any, spec: ModelSpec) -> None:
    """Add a model: a table beside those of the kernel, on the same base.

    The setting `<name>_factory` names the host's class; without one there is a default
    class on the host's base. `purge` deletes what is dead, and rows that belong to a
    client go with it. Include it before a setting switches the extension off, so that
    Alembic sees the same tables under all settings.

    Args:
        spec: The `pyramid_oauth.models.ModelSpec`, or its dotted name.
    """
    spec = config.maybe_dotted(spec)
    made = collected(config)
    row = Row(
        spec.setting,
        optional_text_or_class,
        None,
        f"Your {spec.name} class (dotted name), a mapped {spec.mixin.__name__}.",
    )

    def register() -> None:
        made.model_specs[spec.name] = spec
        made.model_settings[spec.name] = config.registry[SETTINGS].add_row(row)

    record(config, "oauth models", spec.name, spec, register)


def add_oauth_purge_rule(config: Any, rule: PurgeRule) -> None:
    """Add a rule by which `purge` deletes rows of a model, besides that of its spec.

    A rule on `Application` deletes clients with everything that belongs to them.

    Args:
        rule: The `pyramid_oauth.models.PurgeRule`, or its dotted name.
    """
    rule = config.maybe_dotted(rule)
    made = collected(config)

    def register() -> None:
        made.purge_rules[rule.name] = rule

    record(config, "oauth purge rules", rule.name, rule, register)


def add_oauth_repository(config: Any, name: str, factory: RepositoryFactory) -> None:
    """Add the statements on a model, as `request.oauth.server.repositories.<name>`.

    Args:
        name: The attribute; one of the kernel's replaces that one.
        factory: Called once with the `Models` and the `Accounts`; or its dotted name.
    """
    factory = config.maybe_dotted(factory)
    made = collected(config)

    def register() -> None:
        made.repositories[name] = factory

    record(config, "oauth repositories", name, factory, register)


def set_oauth_models(config: Any, **classes: Any) -> None:
    """Name the classes of models: ``set_oauth_models(AccessToken=MyToken)``."""
    for name, given in classes.items():
        _set_model(config, name, given)


def set_oauth_application_factory(config: Any, factory: Any) -> None:
    """Name the Application class, or its dotted name."""
    _set_model(config, "Application", factory)


def _set_model(config: Any, name: str, given: Any) -> None:
    made = collected(config)

    def register() -> None:
        made.models[name] = given

    record(config, "oauth model classes", name, given, register)


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
