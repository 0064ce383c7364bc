"""Registry of the directives: what they collect until the server is built.

Pyramid's two-phase configuration; one field for each directive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from pyramid_oauth.config.authorize_steps import AuthorizeStep
from pyramid_oauth.config.consent_decisions import ConsentRecorder
from pyramid_oauth.config.consent_sources import ConsentSource
from pyramid_oauth.config.parameters import Parameter
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.login_sessions import LoginSessions
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.client_metadata_fields import (
    Field,
    Validation,
    Verification,
)
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.models.user_key import UserKey
from pyramid_oauth.repositories import RepositoryFactory
from pyramid_oauth.scopes import ScopeTraits


class Writes(Enum):
    """What a request writes; it decides which kind of transaction is needed."""

    NONE = "nothing"
    ONE_ROW = "one row, by one statement on every engine"
    ONE_STATEMENT = "several tables, by one statement where the engine can"
    MANY = "several statements"


@dataclass(frozen=True, slots=True)
class RequestOutline:
    """The parts of a request by which an endpoint tells what it writes.

    Attributes:
        method: The HTTP method.
        is_child: Whether the path leads to a child of the endpoint.
        parameters: Parameters of the query, undecoded; empty if a name is encoded or
            repeated.
        grant_type: The grant type, once the token endpoint has found its grant.
    """

    method: str
    is_child: bool
    parameters: Mapping[str, str]
    grant_type: str | None = None


T = TypeVar("T")

DeclaredWrites = Writes | Callable[[RequestOutline], Writes]


@dataclass(frozen=True)
class EndpointRegistration:
    """An endpoint of the tree: its node class and its member of the metadata."""

    name: str
    node: Callable[..., Any]
    metadata: str | None = None
    writes: DeclaredWrites = Writes.MANY


@dataclass(frozen=True)
class ResponseTypeRegistration:
    """A response type: its factory and required grant types (RFC 7591 section 2.1)."""

    factory: Callable[[Any], Any]
    grant_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CorsHeaders:
    """Headers that scripts of other origins may send and read."""

    request: tuple[str, ...] = ()
    response: tuple[str, ...] = ()


CORS_HEADERS = CorsHeaders(
    ("Authorization", "Content-Type"), ("WWW-Authenticate", "Retry-After")
)
"""Those of the kernel."""


@dataclass(frozen=True)
class TokenStepRegistration:
    """A token step and the grant types to which it applies; None: all.

    Attributes:
        after: The name of a step that runs before it, if there is one of that name.
    """

    step: Any
    grant_types: frozenset[str] | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RequestCheckRegistration:
    """A check of form requests before client authentication, and its endpoints."""

    check: Callable[[Any, str], None]
    endpoints: frozenset[str]


@dataclass(frozen=True)
class RecorderRegistration:
    """A recorder of decisions, and whether it is told remembered ones."""

    record: ConsentRecorder
    remembered: bool


ResponseMembers = Mapping[str, str] | Callable[[Any], Mapping[str, str]]
"""Members of authorization responses: constant ones, or computed for each."""


@dataclass
class Registrations:
    """The registrations of all directives; read once, when the Server is built."""

    model_specs: dict[str, ModelSpec] = field(default_factory=dict)
    model_settings: dict[str, Any] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    user_key: UserKey | None = None
    purge_rules: dict[str, PurgeRule] = field(default_factory=dict)
    repositories: dict[str, RepositoryFactory] = field(default_factory=dict)
    accounts: Any = None
    login_sessions: LoginSessions | None = None
    scope_provider: Any = None
    scopes: dict[str, str] = field(default_factory=dict)
    scope_traits: dict[str, ScopeTraits] = field(default_factory=dict)
    grants: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    grant_writes: dict[str, Writes] = field(default_factory=dict)
    response_types: dict[str, ResponseTypeRegistration] = field(default_factory=dict)
    request_validation: dict[str, type] = field(default_factory=dict)
    client_auth: dict[str, Any] = field(default_factory=dict)
    client_sources: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, EndpointRegistration] = field(default_factory=dict)
    metadata: dict[str, Callable[[Any], Mapping[str, Any]]] = field(
        default_factory=dict
    )
    authorize_steps: dict[str, AuthorizeStep] = field(default_factory=dict)
    consent_sources: dict[str, ConsentSource] = field(default_factory=dict)
    consent_recorders: dict[str, RecorderRegistration] = field(default_factory=dict)
    parameters: dict[tuple[str, str], Parameter] = field(default_factory=dict)
    response_modes: dict[str, Callable[..., Any]] = field(default_factory=dict)
    response_mode_checks: dict[str, Callable[..., Any]] = field(default_factory=dict)
    authorization_responses: dict[str, ResponseMembers] = field(default_factory=dict)
    token_steps: dict[str, TokenStepRegistration] = field(default_factory=dict)
    request_checks: dict[str, RequestCheckRegistration] = field(default_factory=dict)
    token_formats: dict[str, Any] = field(default_factory=dict)
    introspection: dict[str, Callable[..., Mapping[str, Any]]] = field(
        default_factory=dict
    )
    introspection_rules: dict[str, Callable[..., bool | Sequence[str]]] = field(
        default_factory=dict
    )
    introspection_formats: dict[str, Callable[..., str]] = field(default_factory=dict)
    cors_headers: dict[str, CorsHeaders] = field(
        default_factory=lambda: {"kernel": CORS_HEADERS}
    )
    outbox_kinds: dict[str, Callable[..., Any]] = field(default_factory=dict)
    client_metadata: dict[str, Field] = field(default_factory=dict)
    client_metadata_validations: dict[str, Validation] = field(default_factory=dict)
    client_metadata_verifications: dict[str, Verification] = field(default_factory=dict)
    request_methods: dict[str, Callable[..., Any]] = field(default_factory=dict)
    client_logo_url: Callable[[Any, str], str] | None = None
    metadata_document: Callable[[Any], Any] | None = None
    needs_keys: bool = False
    prefix: str | None = None

    def complete_models(self) -> Models:
        """Create the bundle of models; directives take precedence over settings.

        Raises:
            ConfigurationError: A class was set for an unknown model, or
                `Models.complete` refuses a class.
        """
        unknown = self.models.keys() - self.model_specs
        if unknown:
            raise ConfigurationError(
                f"unknown model {', '.join(sorted(unknown))}; the models are "
                f"{', '.join(self.model_specs)}"
            )
        chosen = self.model_settings | self.models
        rules = self.purge_rules.values()
        return Models.complete(self.model_specs.values(), chosen, rules, self.user_key)


COLLECTED = "pyramid_oauth.registrations"


def get_registrations(config: Configurator) -> Registrations:
    """Return the registrations of the application."""
    return config.registry[COLLECTED]  # type: ignore[no-any-return]


def record(
    config: Configurator,
    category: str,
    name: str,
    value: object,
    register: Callable[[], None],
    *,
    order: int = 0,
) -> None:
    """Add the introspectable and the action of a directive.

    Args:
        config: The Configurator.
        category: The introspection category, such as "oauth grants".
        name: The name of the registration. With the category it is the discriminator.
        value: The registered object, for introspection.
        register: Executes the registration.
        order: The order of the action.
    """
    introspectable = config.introspectable(category, name, name, "OAuth")
    introspectable["value"] = value
    discriminator = (category, name)
    config.action(
        discriminator, register, order=order, introspectables=(introspectable,)
    )


def record_in(
    config: Configurator, table: dict[str, T], category: str, name: str, value: T
) -> None:
    """Add the introspectable and the action of a directive that adds a named item.

    Args:
        config: The Configurator.
        table: The field of `Registrations` that gets the item.
        category: The introspection category.
        name: The name of the item; another item of that name is replaced.
        value: The registered object.
    """

    def register() -> None:
        table[name] = value

    record(config, category, name, value, register)
