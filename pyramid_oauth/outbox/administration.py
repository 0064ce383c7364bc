"""Administration of waiting and dead messages, by command and by page.

RFC 8935 section 2.4 (retransmission).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.models.bundle import Models

COLUMNS = (
    "id",
    "kind",
    "client_id",
    "destination",
    "created_at",
    "due_at",
    "attempts",
    "dead_at",
    "problem",
)
"""What administrators see: not the content."""


class WaitingMessages:
    """The messages that are not delivered yet, and those that were given up."""

    def __init__(self, session: Session, models: Models) -> None:
        self._session = session
        self._table = models.OutboxMessage.__table__
        self._columns = columns_of(models.OutboxMessage)

    def list(
        self, *, dead: bool = False, offset: int = 0, limit: int | None = None
    ) -> Sequence[Any]:
        """Return the waiting messages, the next one first, then the dead ones."""
        column = self._columns
        statement = (
            select(*(column[name].label(name) for name in COLUMNS))
            .order_by(column["dead_at"].is_not(None), column["due_at"], column["id"])
            .offset(offset)
            .limit(limit)
        )
        if dead:
            statement = statement.where(column["dead_at"].is_not(None))
        return connection(self._session, statement).execute(statement).all()

    def retry(self, key: int | None) -> int:
        """Deliver a message, or all dead ones, again; return how many."""
        column = self._columns
        values = {
            column["due_at"]: now(),
            column["dead_at"]: None,
            column["attempts"]: 0,
        }
        statement = update(self._table).where(self._chosen(key)).values(values)
        return execute(self._session, statement, {})

    def drop(self, key: int | None) -> int:
        """Delete a message, or all dead ones; return how many."""
        return execute(self._session, delete(self._table).where(self._chosen(key)), {})

    def _chosen(self, key: int | None) -> ColumnElement[bool]:
        dead: ColumnElement[bool] = self._columns["dead_at"].is_not(None)
        chosen: ColumnElement[bool] = self._columns["id"] == key
        return dead if key is None else chosen
