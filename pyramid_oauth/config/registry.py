"""What the directives collect until the server is built: one field per directive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid_oauth.claims import ClaimsRegistration
from pyramid_oauth.clients.methods import ClientAuthMethod
from pyramid_oauth.config.authorize_steps import AuthorizeStep
from pyramid_oauth.models.client_metadata_fields import (
    Field,
    Validation,
    Verification,
)


@dataclass(frozen=True)
class EndpointRegistration:
    """An endpoint of the tree: its node class and what it adds to the metadata."""

    name: str
    node: Callable[..., Any]
    metadata: str | None = None


@dataclass(frozen=True)
class ResponseTypeRegistration:
    """A response type: its factory and the grant types it makes use of.

    RFC 7591 section 2.1.
    """

    factory: Callable[[Any], Any]
    grant_types: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TokenStepRegistration:
    """A token step and the grant types that it is for; None stands for all."""

    step: Any
    grant_types: frozenset[str] | None = None


@dataclass
class Registrations:
    """What directives collected; read once, when the Server is built."""

    models: dict[str, Any] = field(default_factory=dict)
    accounts: Any = None
    scope_provider: Any = None
    scopes: dict[str, str] = field(default_factory=dict)
    grants: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    response_types: dict[str, ResponseTypeRegistration] = field(default_factory=dict)
    request_validation: dict[str, type] = field(default_factory=dict)
    client_auth: dict[str, ClientAuthMethod] = field(default_factory=dict)
    endpoints: dict[str, EndpointRegistration] = field(default_factory=dict)
    metadata: dict[str, Callable[[Any], Mapping[str, Any]]] = field(
        default_factory=dict
    )
    authorize_steps: dict[str, AuthorizeStep] = field(default_factory=dict)
    response_modes: dict[str, Callable[..., Any]] = field(default_factory=dict)
    authorization_responses: dict[str, Callable[[Any], Mapping[str, str]]] = field(
        default_factory=dict
    )
    token_steps: dict[str, TokenStepRegistration] = field(default_factory=dict)
    token_formats: dict[str, Any] = field(default_factory=dict)
    introspection: dict[str, Callable[..., Mapping[str, Any]]] = field(
        default_factory=dict
    )
    claims: dict[str, ClaimsRegistration] = field(default_factory=dict)
    outbox_kinds: dict[str, Callable[..., Any]] = field(default_factory=dict)
    client_metadata: dict[str, Field] = field(default_factory=dict)
    client_metadata_validations: dict[str, Validation] = field(default_factory=dict)
    client_metadata_verifications: dict[str, Verification] = field(default_factory=dict)
    request_methods: dict[str, Callable[..., Any]] = field(default_factory=dict)
    prefix: str | None = None


COLLECTED = "pyramid_oauth.registrations"


def collected(config: Any) -> Registrations:
    """What has been registered so far."""
    return config.registry[COLLECTED]  # type: ignore[no-any-return]


def record(
    config: Any,
    category: str,
    name: str,
    value: Any,
    register: Callable[[], None],
    *,
    order: int = 0,
) -> None:
    """The last two beats, alike for every directive: introspectable and action."""
    shown = config.introspectable(category, name, name, "OAuth")
    shown["value"] = value
    config.action((category, name), register, order=order, introspectables=(shown,))
