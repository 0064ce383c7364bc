"""Table and statements of the outbox: add, claim with a lease, record the result.

RFC 8935 section 2.4 (retransmission). If a worker dies, its claim ends with the lease.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Executable,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, execute, mark_written
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import SERIAL, UtcDateTime
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.repositories.inserts import insert

_COLUMNS = ("kind", "client_id", "destination", "content", "created_at", "due_at")

_CLAIMED = ("id", *_COLUMNS[:5], "attempts")

MAX_PROBLEM_LENGTH = 255


class AbstractOutboxMessage:
    """A message to deliver.

    Nothing signed or secret is stored. A delivered message is deleted; a dead one
    stays for the operator.

    Attributes:
        kind: Selects the function that prepares the delivery.
        destination: The URL.
        content: The input of that function.
        due_at: The time of the next attempt; None for a dead message.
        attempts: The number of attempts.
        problem: Why the last attempt failed.
        dead_at: When the message was given up.
    """

    __tablename__ = "oauth_outbox_message"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    client_id: Mapped[str] = mapped_column(String(255))
    destination: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(MAX_PROBLEM_LENGTH))
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.kind}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
    """A message under a lease.

    `attempts` includes the current one and identifies the lease: a result recorded with
    another number has no effect.
    """

    id: int
    kind: str
    client_id: str
    destination: str
    content: dict[str, Any]
    created_at: datetime
    attempts: int


class Outbox:
    """Statements on outbox messages."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        message = columns_of(models.OutboxMessage)
        table = models.OutboxMessage.__table__
        self._insert = insert(models.OutboxMessage, (*_COLUMNS, "attempts"))
        self._claims = {again: _claim(table, message, again) for again in (False, True)}
        mine = (
            message["id"] == bindparam("_key"),
            message["attempts"] == bindparam("_number"),
        )
        self._delete = delete(table).where(*mine)
        self._update = (
            update(table)
            .where(*mine)
            .values(
                {
                    message["due_at"]: bindparam("_later"),
                    message["dead_at"]: bindparam("_died"),
                    message["problem"]: bindparam("_problem"),
                }
            )
        )

    def add(self, session: Session, messages: Iterable[dict[str, Any]]) -> None:
        """Insert `messages` (kind, client_id, destination, content), due now."""
        at = now()
        stamped = {"created_at": at, "due_at": at, "attempts": 0}
        execute(session, self._insert, [{**message, **stamped} for message in messages])

    def claim(
        self,
        session: Session,
        kinds: Iterable[str],
        limit: int,
        until: datetime,
        *,
        again: bool = False,
        besides: Iterable[str] = (),
    ) -> list[ClaimedMessage]:
        """Claim due messages with a lease.

        Args:
            session: The session of the current transaction.
            kinds: The kinds to claim.
            limit: Maximum number of messages.
            until: End of the lease (aware).
            again: Claim retries instead of first attempts.
            besides: Client identifiers to exclude.
        """
        bound = {"_at": now(), "_kinds": list(kinds), "_most": limit, "_until": until}
        bound["_besides"] = list(besides)
        claim = self._claims[again]
        rows = connection(session, claim).execute(claim, bound).all()
        mark_written(session)
        messages = [ClaimedMessage(**row._mapping) for row in rows]
        return sorted(messages, key=lambda message: message.id)

    def delete_delivered(self, session: Session, message: ClaimedMessage) -> bool:
        """Delete a delivered message; return False if its lease had ended."""
        bound = {"_key": message.id, "_number": message.attempts}
        return execute(session, self._delete, bound) == 1

    def reschedule(
        self, session: Session, message: ClaimedMessage, until: datetime, problem: str
    ) -> bool:
        """Schedule another attempt at `until`; return False if the lease had ended."""
        return self._update_message(session, message, problem, until, None)

    def mark_dead(
        self, session: Session, message: ClaimedMessage, problem: str
    ) -> bool:
        """Mark it as dead for the operator; return False if the lease had ended."""
        return self._update_message(session, message, problem, None, now())

    def _update_message(
        self,
        session: Session,
        message: ClaimedMessage,
        problem: str,
        later: datetime | None,
        died: datetime | None,
    ) -> bool:
        bound = {
            "_key": message.id,
            "_number": message.attempts,
            "_later": later,
            "_died": died,
            "_problem": problem[:MAX_PROBLEM_LENGTH],
        }
        return execute(session, self._update, bound) == 1


def _claim(table: Table, message: dict[str, Any], again: bool) -> Executable:
    """Build one UPDATE, so that no database must upgrade a read lock.

    PostgreSQL skips rows that another worker locks; SQLite has one writer at a time.
    """
    due = (
        select(message["id"])
        .where(
            message["due_at"] <= bindparam("_at"),
            message["kind"].in_(bindparam("_kinds", expanding=True)),
            message["attempts"] > 0 if again else message["attempts"] == 0,
            message["client_id"].not_in(bindparam("_besides", expanding=True)),
        )
        .order_by(message["due_at"])
        .limit(bindparam("_most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(table)
        .where(message["id"].in_(select(due.c[0])))
        .values(
            {
                message["due_at"]: bindparam("_until"),
                message["attempts"]: message["attempts"] + 1,
            }
        )
        .returning(*(message[name].label(name) for name in _CLAIMED))
    )


# A message outlives its client, which must still learn of the logout.
OUTBOX_MESSAGE = ModelSpec(
    "OutboxMessage",
    AbstractOutboxMessage,
    expires=None,
    client_column=None,
    purge=PurgeRule(
        name="dead messages",
        model="OutboxMessage",
        ended="dead_at",
        along="id",
        keep=lambda settings: settings[OutboxSettings].outbox_dead_lifetime,
    ),
)
