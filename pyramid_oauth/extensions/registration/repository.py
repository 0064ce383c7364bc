"""Model and statements of initial access tokens (RFC 7591 sections 1.2 and 3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, execute, fetch_one, look_up
from pyramid_oauth.extensions.registration.stale_clients import STALE_CLIENTS
from pyramid_oauth.hashing import DIGEST_LENGTH, new_credential, sha256_digest
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import ModelSpec


class AbstractInitialAccessToken:
    """A token with which its holder may register clients (RFC 7591 section 1.2).

    Attributes:
        digest: The digest of the token; the token itself is not stored.
        note: What the administrator wrote, such as for whom it is.
        remaining: The registrations left; None means no limit.
    """

    __tablename__ = "oauth_initial_access_token"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    note: Mapped[str] = mapped_column(String(255), default="")
    remaining: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


class InitialAccessTokens:
    """The statements on initial access tokens (RFC 7591 section 1.2)."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._class = models.InitialAccessToken
        columns = columns_of(self._class)
        live = _is_live(columns)
        self._find = look_up(select(columns["remaining"]).where(live))
        # NULL (no limit) stays NULL.
        self._consume = (
            update(self._class.__table__)
            .where(live)
            .values({columns["remaining"]: columns["remaining"] - 1})
        )

    def new(
        self, session: Session, *, expires_at: datetime, uses: int | None, note: str
    ) -> tuple[Any, str]:
        """Issue a token; return its row and the token, which is not stored."""
        token = new_credential()
        row = self._class(
            digest=sha256_digest(token),
            remaining=uses,
            expires_at=expires_at,
            note=note,
        )
        session.add(row)
        session.flush()
        return row, token

    def is_live(self, session: Session, token: str) -> bool:
        """Whether `token` exists, is not expired and has registrations left."""
        return fetch_one(session, self._find, _parameters(token)) is not None

    def consume(self, session: Session, token: str) -> bool:
        """Consume one registration of `token`; False if none is left."""
        return execute(session, self._consume, _parameters(token)) == 1


def _parameters(token: str) -> dict[str, Any]:
    return {"_of": sha256_digest(token), "_at": now()}


def _is_live(columns: dict[str, Any]) -> ColumnElement[bool]:
    return and_(
        columns["digest"] == bindparam("_of"),
        columns["expires_at"] > bindparam("_at"),
        or_(columns["remaining"].is_(None), columns["remaining"] > 0),
    )


INITIAL_ACCESS_TOKEN = ModelSpec(
    "InitialAccessToken", AbstractInitialAccessToken, client_column=None
)


def includeme(config: Configurator) -> None:
    """Register the model, the statements and the purge rule of unused clients."""
    config.include("pyramid_oauth.repositories.rate_limits")
    config.add_oauth_model(INITIAL_ACCESS_TOKEN)
    config.add_oauth_repository("initial_access_tokens", InitialAccessTokens)
    config.add_oauth_purge_rule(STALE_CLIENTS)
