"""The outbox: messages put in, claimed by one worker at a time, and settled.

A claim is a lease: whoever took a message and died loses it when the lease ends
(RFC 8935 section 2.4 on retransmission).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Integer,
    String,
    Text,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, execute, mark_written
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.repositories.inserts import insert

_COLUMNS = ("kind", "client_id", "destination", "content", "created_at", "due_at")

_CLAIMED = ("id", *_COLUMNS[:5], "attempts")

MOST_PROBLEM = 255


class AbstractOutboxMessage:
    """`kind` says who writes the body at delivery, `content` what it is written from.

    Nothing signed or secret is stored. A delivered message is deleted; a dead one
    (`dead_at`) stays for people to look at.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_outbox_message"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(32))
    client_id: Mapped[str] = mapped_column(String(255))
    destination: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(MOST_PROBLEM))
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.kind}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
    """A message as the worker that claimed it sees it.

    `attempts` counts this one too; nobody settles a message under another number.
    """

    id: int
    kind: str
    client_id: str
    destination: str
    content: dict[str, Any]
    created_at: datetime
    attempts: int


class Outbox:
    """The statements on outbound messages."""

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
        self._put_off = (
            update(table)
            .where(*mine)
            .values(
                {
                    message["due_at"]: bindparam("_later"),
                    message["dead_at"]: bindparam("_died"),
                    message["problem"]: bindparam("_told"),
                }
            )
        )

    def add(self, session: Session, messages: Iterable[dict[str, Any]]) -> None:
        """Put in `messages` (kind, client_id, destination, content), due at once."""
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
        """Take up to `limit` due messages of `kinds`, until `until`.

        Those that nobody has tried yet or, `again`, those that somebody has; none for
        the clients `besides`. Nobody else gets them meanwhile.
        """
        bound = {"_at": now(), "_kinds": list(kinds), "_most": limit, "_until": until}
        bound["_besides"] = list(besides)
        claim = self._claims[again]
        rows = connection(session, claim).execute(claim, bound).all()
        mark_written(session)
        found = [ClaimedMessage(**row._mapping) for row in rows]
        return sorted(found, key=lambda message: message.id)

    def delivered(self, session: Session, message: ClaimedMessage) -> bool:
        """Delete it; False where its lease had ended and somebody else has it now."""
        bound = {"_key": message.id, "_number": message.attempts}
        return execute(session, self._delete, bound) == 1

    def put_off(
        self, session: Session, message: ClaimedMessage, until: datetime, problem: str
    ) -> bool:
        """Have it tried again at `until`."""
        return self._settle(session, message, problem, until, None)

    def bury(self, session: Session, message: ClaimedMessage, problem: str) -> bool:
        """Give it up; it stays for people to look at."""
        return self._settle(session, message, problem, None, now())

    def _settle(
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
            "_told": problem[:MOST_PROBLEM],
        }
        return execute(session, self._put_off, bound) == 1


def _claim(table: Any, message: dict[str, Any], again: bool) -> Any:
    """One statement, so that no engine has to upgrade a read lock.

    PostgreSQL passes over what another worker is just claiming; SQLite has one
    writer at a time.
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


# A message names a client and outlives it: nobody else would tell that it logged out.
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
