"""Services of the server that a host may replace: accounts, scopes, keys, fetcher.

No specification. Each comes from a directive, a setting, or the default.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.config.registry import Registrations
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.keystore.cached_ring import CachedKeyRing, KeySource
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.keystore.sources import DatabaseKeys, ExternalKeys, FileKeys
from pyramid_oauth.models import Models
from pyramid_oauth.models.application_validation import ApplicationRules
from pyramid_oauth.models.client_metadata_fields import ClientMetadataSchema
from pyramid_oauth.models.metadata_columns import check_host_columns, declared_fields
from pyramid_oauth.models.native_redirects import native_redirects
from pyramid_oauth.models.public_suffixes import load_public_suffixes
from pyramid_oauth.scopes import ScopeProvider
from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.settings import PREFIX, Settings
from pyramid_oauth.settings.outbound import trusted_context

Kind = TypeVar("Kind")


def build_key_ring(settings: Settings, models: Models) -> CachedKeyRing:
    """Return the ring of the configured sources of keys."""
    section = settings[KeystoreSettings]
    sources: list[KeySource] = [
        FileKeys(section.signing_key_files, section.signing_key_password)
    ]
    keks = key_encryption_keys(settings)
    if keks and "SigningKey" in models:
        sources.insert(0, DatabaseKeys(models.SigningKey, key_seal(keks)))
    if section.signers is not None:
        sources.append(ExternalKeys(section.signers))
    return CachedKeyRing(sources, interval=section.key_reload_interval)


def build_fetcher(settings: Settings, **limits: int) -> Fetcher:
    """Return a fetcher of outbound requests; a setting may give another.

    Args:
        settings: The settings of the server.
        limits: Arguments of `Fetcher` that differ, unless a setting gives it.
    """
    configured = settings.fetcher
    if configured is not None:
        fetcher = (
            configured if isinstance(configured, Fetcher) else configured(settings)
        )
        return _instance(fetcher, Fetcher, "fetcher")
    options: dict[str, Any] = {
        "allow_http": settings.outbound_allow_http,
        "allow_private": settings.outbound_allow_private,
        "max_bytes": settings.outbound_max_bytes,
        "max_waiting": settings.outbound_concurrency,
        **limits,
    }
    return Fetcher(
        timeout=settings.outbound_timeout,
        ssl_context=trusted_context(settings.outbound_ca_file),
        **options,
    )


def build_accounts(settings: Settings, registrations: Registrations) -> Accounts:
    """Return the accounts adapter of the directive, the setting, or the default."""
    configured = registrations.accounts or settings.accounts or Accounts
    if isinstance(configured, type) and issubclass(configured, Accounts):
        configured = configured(settings.login_url)
    return _instance(configured, Accounts, "accounts")


def build_application_rules(
    settings: Settings, registrations: Registrations, models: Models
) -> ApplicationRules:
    """Return the rules for applications: of settings, extensions and the host's class.

    Raises:
        ConfigurationError: A column cannot store the member that it names.
    """
    registered = registrations.client_metadata
    in_columns = declared_fields(models.Application, registered)
    fields = registered | {field.name: field for field in in_columns}
    suffixes = {}
    if settings.allow_redirect_wildcards:
        suffixes["is_public_suffix"] = load_public_suffixes()
    return ApplicationRules(
        **suffixes,
        schema=ClientMetadataSchema(
            fields.values(),
            (
                *registrations.client_metadata_validations.values(),
                check_host_columns(models.Application, fields.values()),
            ),
            registrations.client_metadata_verifications.values(),
        ),
        localhost=settings.allow_localhost_redirect,
        wildcards=settings.allow_redirect_wildcards,
        http=settings.allow_http,
        native=native_redirects(settings.native_redirect_uris),
    )


def build_scope_provider(
    settings: Settings, registrations: Registrations
) -> ScopeProvider:
    """Return the scope provider of the directive, the setting, or the default."""
    configured = (
        registrations.scope_provider or settings.scope_provider or ScopeProvider
    )
    if isinstance(configured, type) and issubclass(configured, ScopeProvider):
        configured = configured(
            settings, registrations.scopes, registrations.scope_traits
        )
    return _instance(configured, ScopeProvider, "scope_provider")


def _instance(given: object, kind: type[Kind], setting: str) -> Kind:
    """Return `given`; raise ConfigurationError unless it is a `kind`."""
    if not isinstance(given, kind):
        raise ConfigurationError(
            f"{PREFIX}{setting}: {given!r} is not of type {kind.__name__}; inherit "
            f"from {kind.__module__}.{kind.__name__}"
        )
    return given
