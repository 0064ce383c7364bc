"""The roles that model classes play, as one table.

A role joins a mixin, the setting that names the host's class, and the references
which are added once all classes are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column
from sqlalchemy.orm.properties import MappedColumn

from pyramid_oauth.models.application import AbstractApplication
from pyramid_oauth.models.authorization import (
    AbstractAuthorizationRequest,
    AbstractConsent,
    AbstractGrant,
)
from pyramid_oauth.models.initial_access_token import AbstractInitialAccessToken
from pyramid_oauth.models.outbox_message import AbstractOutboxMessage
from pyramid_oauth.models.signing_key import AbstractSigningKey
from pyramid_oauth.models.throttle import AbstractThrottle
from pyramid_oauth.models.tokens import AbstractAccessToken, AbstractRefreshToken
from pyramid_oauth.models.used_assertion import AbstractUsedAssertion

_APPLICATION = {"client_id": ("Application", "client_id")}

_GRANT = {"grant_id": ("Grant", "id")}


@dataclass(frozen=True)
class ModelSpec:
    """One role: `references` maps a column to the (role, column) it points at."""

    name: str
    setting: str
    mixin: type[Any]
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Column[Any]]:
        """The columns that the mixin brings, by the name of their attribute."""
        return {
            name: value.column
            for name, value in vars(self.mixin).items()
            if isinstance(value, MappedColumn)
        }

    @property
    def filled(self) -> tuple[str, ...]:
        """The attributes that have a value when the server makes a row.

        All but a key that counts up or is the host's: an `id` without default.
        """
        return tuple(
            name
            for name, column in self.columns.items()
            if name != "id" or column.default is not None
        )

    @property
    def made_by_server(self) -> bool:
        """Whether all rows are the server's; applications are the host's too."""
        return self.name != "Application"


# Access tokens have no foreign key to the application: every insert would lock the
# one row of a busy client. The check of a token joins the application anyway.
KERNEL_MODELS: tuple[ModelSpec, ...] = (
    ModelSpec("Application", "application_factory", AbstractApplication),
    ModelSpec("Grant", "grant_factory", AbstractGrant, _APPLICATION),
    ModelSpec("AccessToken", "access_token_factory", AbstractAccessToken, _GRANT),
    ModelSpec("RefreshToken", "refresh_token_factory", AbstractRefreshToken, _GRANT),
    ModelSpec("Consent", "consent_factory", AbstractConsent, _APPLICATION),
    ModelSpec(
        "AuthorizationRequest",
        "authorization_request_factory",
        AbstractAuthorizationRequest,
        _APPLICATION,
    ),
    ModelSpec(
        "InitialAccessToken", "initial_access_token_factory", AbstractInitialAccessToken
    ),
    ModelSpec("OutboxMessage", "outbox_message_factory", AbstractOutboxMessage),
    ModelSpec("SigningKey", "signing_key_factory", AbstractSigningKey),
    ModelSpec("Throttle", "throttle_factory", AbstractThrottle),
    ModelSpec("UsedAssertion", "used_assertion_factory", AbstractUsedAssertion),
)
