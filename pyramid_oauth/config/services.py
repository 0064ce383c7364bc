"""Services of the server that a host may replace: accounts, scopes, keys, fetcher.

No specification. Each comes from a directive, a setting, or the default.
"""

from __future__ import annotations

from typing import TypeVar

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.config.registry import Registrations
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.keystore.cached_ring import CachedKeyRing, KeySource
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.keystore.sources import DatabaseKeys, ExternalKeys, FileKeys
from pyramid_oauth.models import Models
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


def build_fetcher(settings: Settings) -> Fetcher:
    """Return the fetcher of outbound requests; a setting may give another."""
    configured = settings.fetcher
    if configured is not None:
        fetcher = (
            configured if isinstance(configured, Fetcher) else configured(settings)
        )
        return _instance(fetcher, Fetcher, "fetcher")
    return Fetcher(
        allow_http=settings.outbound_allow_http,
        allow_private=settings.outbound_allow_private,
        timeout=settings.outbound_timeout,
        max_bytes=settings.outbound_max_bytes,
        max_waiting=settings.outbound_concurrency,
        ssl_context=trusted_context(settings.outbound_ca_file),
    )


def build_accounts(settings: Settings, registrations: Registrations) -> Accounts:
    """Return the accounts adapter of the directive, the setting, or the default."""
    configured = registrations.accounts or settings.accounts or Accounts
    if isinstance(configured, type) and issubclass(configured, Accounts):
        configured = configured(settings.login_url)
    return _instance(configured, Accounts, "accounts")


def build_scope_provider(
    settings: Settings, registrations: Registrations
) -> ScopeProvider:
    """Return the scope provider of the directive, the setting, or the default."""
    configured = (
        registrations.scope_provider or settings.scope_provider or ScopeProvider
    )
    if isinstance(configured, type) and issubclass(configured, ScopeProvider):
        configured = configured(settings, registrations.scopes)
    return _instance(configured, ScopeProvider, "scope_provider")


def _instance(given: object, kind: type[Kind], setting: str) -> Kind:
    """Return `given`; raise ConfigurationError unless it is a `kind`."""
    if not isinstance(given, kind):
        raise ConfigurationError(
            f"{PREFIX}{setting}: {given!r} is not of type {kind.__name__}; inherit "
            f"from {kind.__module__}.{kind.__name__}"
        )
    return given
