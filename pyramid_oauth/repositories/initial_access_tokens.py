"""Initial access tokens: found by digest, used up one registration at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, execute, fetch_one
from pyramid_oauth.hashing import new_credential, sha256_digest
from pyramid_oauth.models.bundle import Models


class InitialAccessTokens:
    """The shelf of initial access tokens (RFC 7591 section 1.2)."""

    def __init__(self, models: Models) -> None:
        self._class = models.InitialAccessToken
        columns = columns_of(self._class)
        live = _is_live(columns)
        self._find = select(columns["remaining"]).where(live)
        # NULL, no limit, stays NULL.
        self._spend = (
            update(self._class.__table__)
            .where(live)
            .values({columns["remaining"]: columns["remaining"] - 1})
        )

    def new(
        self, session: Session, *, expires_at: datetime, uses: int | None, note: str
    ) -> tuple[Any, str]:
        """Issue one: its row, and the token, which is shown this once."""
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
        """Whether `token` could be used now."""
        return fetch_one(session, self._find, _bound(token)) is not None

    def spend(self, session: Session, token: str) -> bool:
        """Use `token` once; False where nothing of it was left."""
        return execute(session, self._spend, _bound(token)) == 1


def _bound(token: str) -> dict[str, Any]:
    return {"_of": sha256_digest(token), "_at": now()}


def _is_live(columns: dict[str, Any]) -> ColumnElement[bool]:
    return and_(
        columns["digest"] == bindparam("_of"),
        columns["expires_at"] > bindparam("_at"),
        or_(columns["remaining"].is_(None), columns["remaining"] > 0),
    )
