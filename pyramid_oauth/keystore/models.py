"""Model of a key pair: the public key as JWK, the private key encrypted.

RFC 7517; for the states and their times see `keystore.rotation`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ColumnElement, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import ModelSpec, PurgeRule

KID_LENGTH = 43


class AbstractSigningKey:
    """A key pair for one algorithm.

    Attributes:
        kid: Its thumbprint (RFC 7638).
        issuer: The issuer that signs with it.
        alg: The algorithm (RFC 7518 section 3.1).
        state: `next`, `active`, `retiring` or `retired`.
        public_jwk: The public key (RFC 7517).
        sealed: The private JWK under a key-encryption key; emptied when the key is
            retired.
        compromised: Whether what it signed is refused.
        published_at: When it first was in the key set.
        activated_at: When it began to sign.
        retiring_at: When it stopped to sign.
        retired_at: When it left the key set.
    """

    __tablename__ = "oauth_signing_key"

    kid: Mapped[str] = mapped_column(String(KID_LENGTH), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255), default="", index=True)
    alg: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(8))
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[str | None] = mapped_column(Text)
    compromised: Mapped[bool] = mapped_column(Boolean, default=False)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retiring_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kid} {self.alg} {self.state}>"


def _is_not_compromised(models: Models, at: datetime) -> ColumnElement[bool]:
    """Exclude compromised keys, which must not be imported again."""
    return columns_of(models.SigningKey)["compromised"].is_(False)  # type: ignore[no-any-return]


SIGNING_KEY = ModelSpec(
    "SigningKey",
    AbstractSigningKey,
    expires=None,
    client_column=None,
    purge=PurgeRule(
        name="retired keys",
        model="SigningKey",
        ended="retired_at",
        along="kid",
        keep=lambda settings: settings[KeystoreSettings].key_retired_lifetime,
        also=_is_not_compromised,
    ),
)
