"""Directives of models, repositories and client metadata.

Each directive resolves dotted names, adds an introspectable, and defers `register` to
an action with a discriminator. Our defaults use them too; one call of a host overrides
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.config.registry import get_registrations, record, record_in
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.login_sessions import LoginSessions
from pyramid_oauth.models.client_metadata_fields import (
    Field,
    Validation,
    Verification,
)
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.models.settings import UserKeySettings
from pyramid_oauth.models.user_key import UserKey
from pyramid_oauth.repositories import RepositoryFactory
from pyramid_oauth.scopes import ScopeProvider
from pyramid_oauth.settings import SETTINGS, Row, Settings
from pyramid_oauth.settings.converters import optional_text_or_class


def add_oauth_model(config: Configurator, spec: ModelSpec | str) -> None:
    """Add a model: a table beside those of the kernel, on the same base.

    The setting `<name>_factory` names the host's class; the default is a class of ours
    on the host's base. `purge` deletes expired rows, and the rows of a client are
    deleted with it. Add the model even if a setting turns the extension off, so that
    Alembic sees the same tables with all settings.

    Args:
        spec: The `pyramid_oauth.models.ModelSpec`, or its dotted name.
    """
    spec = config.maybe_dotted(spec)
    registrations = get_registrations(config)
    row = Row(
        spec.setting,
        optional_text_or_class,
        None,
        f"Your {spec.name} class (dotted name), a mapped {spec.mixin.__name__}.",
    )

    def register() -> None:
        registrations.model_specs[spec.name] = spec
        registrations.model_settings[spec.name] = config.registry[SETTINGS].add_row(row)

    record(config, "oauth models", spec.name, spec, register)


def add_oauth_purge_rule(config: Configurator, rule: PurgeRule | str) -> None:
    """Add a purge rule for a model, in addition to that of its spec, or for your class.

    A rule on `Application` deletes clients with all their rows.

    Args:
        rule: The `pyramid_oauth.models.PurgeRule`, or its dotted name.
    """
    rule = config.maybe_dotted(rule)
    table = get_registrations(config).purge_rules
    record_in(config, table, "oauth purge rules", rule.name, rule)


def add_oauth_repository(
    config: Configurator, name: str, factory: RepositoryFactory | str
) -> None:
    """Add a repository, as `request.oauth.server.repositories.<name>`.

    Args:
        name: The attribute; the name of a kernel repository replaces that one.
        factory: Called once with the `Models` and the `Accounts`; or its dotted name.
    """
    factory = config.maybe_dotted(factory)
    table = get_registrations(config).repositories
    record_in(config, table, "oauth repositories", name, factory)


def set_oauth_models(config: Configurator, **classes: type[Any] | str) -> None:
    """Set the model classes: ``set_oauth_models(AccessToken=MyToken)``."""
    for name, model in classes.items():
        _set_model(config, name, model)


def set_oauth_application_factory(
    config: Configurator, factory: type[Any] | str
) -> None:
    """Set the Application class, or its dotted name."""
    _set_model(config, "Application", factory)


def _set_model(config: Configurator, name: str, model: type[Any] | str) -> None:
    table = get_registrations(config).models
    record_in(config, table, "oauth model classes", name, model)


def set_oauth_user_key(
    config: Configurator,
    key: object,
    *,
    ondelete: str | None = None,
    owner_ondelete: str | None = None,
) -> None:
    """Let every column that holds a user refer to the table of your users.

    All models get real foreign keys, with the type of the key. Your accounts adapter
    then returns the key, as text, for `subject`.

    Args:
        key: The attribute of your mapped class, such as `User.id`, or its dotted name.
        ondelete: What happens to grants, tokens, consents and other rows of a user who
            is deleted: "cascade" or "restrict"; default: the setting `user_ondelete`.
        owner_ondelete: What happens to applications that the user owns: "set null",
            "cascade" or "restrict"; default: the setting `owner_ondelete`.
    """
    key = config.maybe_dotted(key)
    registrations = get_registrations(config)
    of_users = _ondelete(config, "user_ondelete", ondelete)
    of_owners = _ondelete(config, "owner_ondelete", owner_ondelete)

    def register() -> None:
        registrations.user_key = UserKey.of(key, of_users, of_owners)

    record(config, "oauth user key", "user key", key, register)


def _ondelete(config: Configurator, name: str, given: str | None) -> str:
    """Return the argument of a directive; where it is None, the setting `name`."""
    settings: Settings = config.registry[SETTINGS]
    if given is not None:
        return str(UserKeySettings.rows()[name].value(given))
    return str(getattr(settings[UserKeySettings], name))


def set_oauth_accounts(
    config: Configurator, accounts: Accounts | type[Accounts] | str
) -> None:
    """Set the `Accounts` subclass or instance, the adapter to the host's users."""
    given: Any = config.maybe_dotted(accounts)
    registrations = get_registrations(config)

    def register() -> None:
        registrations.accounts = given

    record(config, "oauth accounts", "accounts", given, register)


def set_oauth_login_sessions(
    config: Configurator, login_sessions: LoginSessions | Callable[[], Any] | str
) -> None:
    """Set the `LoginSessions` that list and end the login sessions of your users.

    The extensions `sessions` and `administration` ask them.

    Args:
        login_sessions: An object with the methods of
            `pyramid_oauth.interfaces.login_sessions.LoginSessions`, a class without
            arguments, or its dotted name.
    """
    given: Any = config.maybe_dotted(login_sessions)
    registrations = get_registrations(config)

    def register() -> None:
        registrations.login_sessions = given() if isinstance(given, type) else given

    record(config, "oauth login sessions", "login sessions", given, register)


def set_oauth_scope_provider(
    config: Configurator, provider: ScopeProvider | type[ScopeProvider] | str
) -> None:
    """Set the `ScopeProvider` subclass or instance."""
    given: Any = config.maybe_dotted(provider)
    registrations = get_registrations(config)

    def register() -> None:
        registrations.scope_provider = given

    record(config, "oauth scope provider", "provider", given, register)


def add_oauth_client_metadata(
    config: Configurator,
    *fields: Field | str,
    validate: Validation | str | None = None,
    verify: Verification | str | None = None,
) -> None:
    """Add members to the client metadata that this server understands (RFC 7591).

    Registration and the command line read, validate, store and return them. Read a
    member without a column with `application.declared(name)`. A field of the same name
    replaces ours.

    Args:
        fields: The members, each with the type of its JSON value.
        validate: `(application, rules, errors)`, called if the type of every member is
            valid; adds errors that concern several members.
        verify: `(server, application)`, called if there are no other errors; returns
            errors by field, such as those that need a fetch.
    """
    registrations = get_registrations(config)
    for field in fields:
        _add_client_metadata_field(config, config.maybe_dotted(field))
    for check, checks, category in (
        (validate, registrations.client_metadata_validations, "validations"),
        (verify, registrations.client_metadata_verifications, "verifications"),
    ):
        if check is not None:
            _add_client_metadata_check(
                config, _resolve_check(config, check), checks, category
            )


def _resolve_check(
    config: Configurator, check: Callable[..., Any] | str
) -> Callable[..., Any]:
    return config.maybe_dotted(check)


def _add_client_metadata_field(config: Configurator, field: Field) -> None:
    table = get_registrations(config).client_metadata
    record_in(config, table, "oauth client metadata", field.name, field)


def _add_client_metadata_check(
    config: Configurator,
    check: Callable[..., Any],
    checks: dict[str, Any],
    category: str,
) -> None:
    name = f"{check.__module__}.{check.__qualname__}"
    record_in(config, checks, f"oauth client metadata {category}", name, check)
