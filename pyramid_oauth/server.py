"""Server: the configured authorization server as one run-time object.

RFC 6749 section 1.1. It is built once, at the end of the configuration. Code that has a
request reaches it by `request.oauth.server`; code without one, such as a worker, by
`registry[SERVER]`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session, scoped_session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import MAPPER
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.interfaces.login_sessions import LoginSessions
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from pyramid_oauth.keystore.encryption import Seal
from pyramid_oauth.models import Models
from pyramid_oauth.models.application_validation import ApplicationRules
from pyramid_oauth.repositories import Repositories
from pyramid_oauth.scopes import ScopeProvider
from pyramid_oauth.settings import PREFIX, Settings

SERVER = "pyramid_oauth.server"
"""The key of the Server in the registry."""


@dataclass(eq=False, kw_only=True)
class Server:
    """Settings, models, repositories and everything that directives registered."""

    settings: Settings
    models: Models
    accounts: Accounts
    login_sessions: LoginSessions | None
    repositories: Repositories
    scopes: ScopeProvider
    application_rules: ApplicationRules
    client_auth: dict[str, Any]
    client_sources: tuple[Any, ...]
    endpoints: dict[str, Any]
    parameters: Any
    authorize_steps: Any
    consent_sources: dict[str, Any]
    consent_kinds: frozenset[str]
    consent_recorders: tuple[Callable[..., None], ...]
    remembered_recorders: tuple[Callable[..., None], ...]
    response_modes: dict[str, Callable[..., Any]]
    response_mode_checks: dict[str, Callable[..., Any]]
    authorization_members: Mapping[str, str]
    authorization_responses: tuple[Callable[..., Any], ...]
    token_steps: tuple[Any, ...]
    request_checks: Mapping[str, tuple[Callable[[Any, str], None], ...]]
    token_formats: dict[str, Any]
    introspection: tuple[Callable[..., Any], ...]
    introspection_rules: tuple[Callable[..., bool | Sequence[str]], ...]
    introspection_formats: dict[str, Callable[..., str]]
    request_methods: dict[str, Callable[..., Any]]
    cors_request_headers: str
    cors_response_headers: Mapping[str, str]
    outbox_kinds: dict[str, Callable[..., Any]]
    client_logo_url: Callable[[Any, str], str] | None
    metadata_document: Callable[[Any], Any] | None
    ring: CachedKeyRing | None
    fetcher: Fetcher
    secret_seal: Seal | None
    base_url: str
    response_type_grants: dict[str, Any]
    validator: Any
    # Grants and endpoints see the server, so they are made when it is otherwise
    # complete.
    grants: dict[str, Any] = field(default_factory=dict)
    response_types: dict[str, Any] = field(default_factory=dict)
    oauthlib_endpoints: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    issuer: str = field(init=False)
    """The issuer identifier (RFC 8414 section 2)."""
    is_https: bool = field(init=False)
    """Whether the issuer is https, so that cookies may be limited to it."""
    cookie_prefix: str = field(init=False)
    """Begins the names of cookies (RFC 6265bis section 4.1.3)."""
    key_encryption_keys: tuple[bytes, ...] = field(init=False, repr=False)
    stateless_formats: tuple[Any, ...] = field(init=False)
    """The token formats of which some tokens have no row."""

    def __post_init__(self) -> None:
        self._mapper = self.models.Application.__mapper__
        self.issuer = self.settings.issuer or ""
        self.stateless_formats = tuple(
            each
            for each in self.token_formats.values()
            if hasattr(each, "is_stateless")
        )
        self.is_https = self.issuer.startswith("https:")
        self.cookie_prefix = "__Host-" if self.is_https else ""
        self.key_encryption_keys = key_encryption_keys(self.settings)

    def session(self, request: Request) -> Session:
        """Return the SQLAlchemy session of `request`."""
        source = self.settings.session
        session: Session | scoped_session[Session]
        try:
            session = source(request) if callable(source) else getattr(request, source)
        except AttributeError as error:
            if callable(source):
                raise
            raise ConfigurationError(
                f"the request has no session in `{source}`; name the attribute that "
                f"has it, or a callable that returns it, in {PREFIX}session"
            ) from error
        if isinstance(session, scoped_session):
            # It stands for the session of this thread, which alone zope.sqlalchemy
            # knows: what we write would never be committed.
            session = session()
        session.info[MAPPER] = self._mapper
        return session

    def url(self, name: str) -> str:
        """Return the canonical URL of an endpoint, without trailing slash."""
        return f"{self.base_url}/{name}"

    def is_audience(self, name: str, audience: Collection[str]) -> bool:
        """Whether a token with `audience` is for an endpoint of this server.

        A token for no resource is, too. Whoever got a token for another resource could
        otherwise use it here (RFC 8707 section 3).
        """
        own = {self.issuer, self.url(name), *self.settings.default_audience}
        return not audience or not own.isdisjoint(audience)


def key_encryption_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the secrets that encrypt keys in the database; by default `secret`."""
    return settings.key_encryption_keys or settings.secret


class OAuthAttribute(Protocol):
    """What the kernel reads of `request.oauth`; see `pyramid_oauth.facade.Facade`."""

    @property
    def server(self) -> Server:
        """The server of the application."""

    @property
    def settings(self) -> Settings:
        """The parsed settings."""

    @property
    def models(self) -> Models:
        """The configured model classes."""

    @property
    def accounts(self) -> Accounts:
        """The adapter to resource owners."""

    @property
    def session(self) -> Session:
        """The SQLAlchemy session of this request."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a method added by `config.add_oauth_request_method`."""


class ServerRequest(Request, Protocol):
    """A request to an application with an authorization server."""

    @property
    def oauth(self) -> OAuthAttribute:
        """The server's interface for views and scripts of a host."""
