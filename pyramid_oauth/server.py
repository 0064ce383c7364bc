"""The authorization server as one object: what was configured, ready for use.

Built once, when the configuration is complete; nothing here is made per request.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from oauthlib.oauth2 import RequestValidator
from sqlalchemy.orm import scoped_session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.claims import ClaimsCatalogue
from pyramid_oauth.config.authorize_steps import order_steps
from pyramid_oauth.config.parameters import compile_parameters
from pyramid_oauth.config.registry import Registrations
from pyramid_oauth.database import MAPPER
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.keystore.cached_ring import CachedKeyRing, KeySource
from pyramid_oauth.keystore.encryption import client_secret_seal, key_seal
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.keystore.sources import DatabaseKeys, ExternalKeys, FileKeys
from pyramid_oauth.models import Models
from pyramid_oauth.models.application_validation import ApplicationRules
from pyramid_oauth.models.client_metadata_fields import ClientMetadataSchema
from pyramid_oauth.repositories import Repositories
from pyramid_oauth.scopes import ScopeProvider
from pyramid_oauth.settings import PREFIX, Settings

Kind = TypeVar("Kind")

SERVER = "pyramid_oauth.server"


class Server:
    """Settings, models, records and everything registered, in one place."""

    def __init__(self, settings: Settings, made: Registrations) -> None:
        self.settings = settings
        self.models = made.complete_models()
        self._mapper = self.models.Application.__mapper__
        self.accounts = _accounts(settings, made)
        self.repositories = Repositories(
            self.models, self.accounts, settings.client_cache_size, made.repositories
        )
        self.scopes = _scope_provider(settings, made)
        self.application_rules = application_rules(settings, made)
        self.client_auth = {
            name: made.client_auth[name]
            for name in settings.token_endpoint_auth_methods
            if name in made.client_auth
        }
        self.endpoints = dict(made.endpoints)
        self.parameters = compile_parameters(
            made.parameters,
            {
                name: getattr(found.node, "takes_parameters_of", ())
                for name, found in self.endpoints.items()
            },
        )
        self.authorize_steps = order_steps(made.authorize_steps.values())
        self.consent_sources = dict(made.consent_sources)
        self.consent_kinds = frozenset(made.consent_sources)
        self.response_modes = dict(made.response_modes)
        self.authorization_responses = tuple(made.authorization_responses.values())
        self.token_steps = tuple(made.token_steps.values())
        self.token_formats = dict(made.token_formats)
        self.introspection = tuple(made.introspection.values())
        self.claims = ClaimsCatalogue(made.claims.values())
        self.request_methods = dict(made.request_methods)
        self.outbox_kinds = dict(made.outbox_kinds)
        self.ring = _ring(settings, self.models) if made.needs_keys else None
        self.fetcher = _fetcher(settings)
        keks = key_encryption_keys(settings)
        self.secret_seal = client_secret_seal(keks) if keks else None
        self.base_url = _base_url(settings, made.prefix)
        # Grants see the server, so they are made when it is otherwise complete.
        self.validator = request_validator(made.request_validation.values())
        self.grants = _chosen(made.grants, settings.grant_types, self)
        self.response_type_grants = {
            name: registration.grant_types
            for name, registration in made.response_types.items()
        }
        self.response_types = _chosen(
            {name: found.factory for name, found in made.response_types.items()},
            settings.response_types,
            self,
        )
        self.oauthlib_endpoints = _oauthlib_endpoints(self)
        self.metadata = self._metadata(list(made.metadata.values()))

    @property
    def issuer(self) -> str:
        """The issuer identifier (RFC 8414 section 2)."""
        return self.settings.issuer or ""

    def session(self, request: Any) -> Any:
        """The SQLAlchemy session of `request`."""
        session = self._given_session(request)
        if isinstance(session, scoped_session):
            # It stands for the session of this thread, which alone zope.sqlalchemy
            # knows: what we write would never be committed.
            session = session()
        session.info[MAPPER] = self._mapper
        return session

    def _given_session(self, request: Any) -> Any:
        source = self.settings.session
        if callable(source):
            return source(request)
        try:
            return getattr(request, source)
        except AttributeError as error:
            raise ConfigurationError(
                f"the request has no session in `{source}`; name the attribute that "
                f"has it, or a callable that returns it, in {PREFIX}session"
            ) from error

    def url(self, name: str) -> str:
        """The canonical URL of an endpoint, without trailing slash."""
        return f"{self.base_url}/{name}"

    def _metadata(
        self, contributors: Sequence[Callable[[Any], Mapping[str, Any]]]
    ) -> dict[str, Any]:
        document: dict[str, Any] = {"issuer": self.issuer}
        for registration in self.endpoints.values():
            if registration.metadata:
                document[registration.metadata] = self.url(registration.name)
        for contribute in contributors:
            document.update(contribute(self))
        return {name: value for name, value in document.items() if value is not None}


def application_rules(settings: Settings, made: Registrations) -> ApplicationRules:
    """What settings and extensions allow in the fields of an application."""
    return ApplicationRules(
        schema=ClientMetadataSchema(
            made.client_metadata.values(),
            made.client_metadata_validations.values(),
            made.client_metadata_verifications.values(),
        ),
        localhost=settings.allow_localhost_redirect,
        wildcards=settings.allow_redirect_wildcards,
        http=settings.allow_http,
    )


def _ring(settings: Settings, models: Models) -> CachedKeyRing:
    own = settings[KeystoreSettings]
    sources: list[KeySource] = [
        FileKeys(own.signing_key_files, own.signing_key_password)
    ]
    keks = key_encryption_keys(settings)
    if keks and "SigningKey" in models:
        sources.insert(0, DatabaseKeys(models.SigningKey, key_seal(keks)))
    if own.signers is not None:
        sources.append(ExternalKeys(own.signers))
    return CachedKeyRing(sources, interval=own.key_reload_interval)


def key_encryption_keys(settings: Settings) -> tuple[bytes, ...]:
    """The secrets that seal what the database keeps: their own, else `secret`."""
    return settings.key_encryption_keys or settings.secret


def _fetcher(settings: Settings) -> Fetcher:
    given = settings.fetcher
    if given is not None:
        made = given if isinstance(given, Fetcher) else given(settings)
        return _instance(made, Fetcher, "fetcher")
    return Fetcher(
        allow_http=settings.outbound_allow_http,
        allow_private=settings.outbound_allow_private,
        timeout=settings.outbound_timeout,
        max_bytes=settings.outbound_max_bytes,
        ssl_context=_trusted(settings.outbound_ca_file),
    )


def _trusted(ca_file: str | None) -> ssl.SSLContext | None:
    """The authorities that the system trusts, and those in `ca_file`.

    None stands for the system's alone, of which the process needs no second set.
    """
    if ca_file is None:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # what is no PEM too
        raise ConfigurationError(
            f"{PREFIX}outbound_ca_file: {ca_file!r} cannot be read: {error}"
        ) from error
    return context


def _accounts(settings: Settings, made: Registrations) -> Accounts:
    given = made.accounts or settings.accounts or Accounts
    if isinstance(given, type) and issubclass(given, Accounts):
        given = given(settings.login_url)
    return _instance(given, Accounts, "accounts")


def _scope_provider(settings: Settings, made: Registrations) -> ScopeProvider:
    given = made.scope_provider or settings.scope_provider or ScopeProvider
    if isinstance(given, type) and issubclass(given, ScopeProvider):
        given = given(settings, made.scopes)
    return _instance(given, ScopeProvider, "scope_provider")


def _instance(given: Any, kind: type[Kind], setting: str) -> Kind:
    """`given`, which must be of that kind; what else it is fails with a request."""
    if not isinstance(given, kind):
        raise ConfigurationError(
            f"{PREFIX}{setting}: {given!r} is no {kind.__name__}; inherit from "
            f"{kind.__module__}.{kind.__name__}"
        )
    return given


def _chosen(
    factories: Mapping[str, Callable[[Any], Any]], names: Sequence[str], server: Server
) -> dict[str, Any]:
    return {name: factories[name](server) for name in names if name in factories}


def request_validator(mixins: Iterable[type]) -> Any:
    """Compose the answers to oauthlib; what was registered last comes first."""
    return type("Validator", (*reversed([*mixins]), RequestValidator), {})()


def _oauthlib_endpoints(server: Server) -> dict[str, Any]:
    """The oauthlib endpoint objects that the nodes of the tree name, made once."""
    classes = {
        name: getattr(registration.node, "oauthlib", None)
        for name, registration in server.endpoints.items()
    }
    return {name: made(server) for name, made in classes.items() if made is not None}


def _base_url(settings: Settings, prefix: str | None) -> str:
    issuer = (settings.issuer or "").rstrip("/")
    path = "/" + (prefix or "").strip("/") if prefix and prefix.strip("/") else ""
    if not path or urlsplit(issuer).path.endswith(path):
        return issuer
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}{path}"
