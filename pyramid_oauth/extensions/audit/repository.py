"""Table and statements of the audit log: add an entry, read the newest.

RFC 6819 section 5.1.4.1.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection
from pyramid_oauth.extensions.audit.settings import AuditSettings
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import OPEN_OBJECT, SERIAL, UtcDateTime
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.repositories.autonomous_transaction import AutonomousConnections
from pyramid_oauth.repositories.inserts import insert

SUCCESS, FAILURE = "success", "failure"

COLUMNS = (
    "at",
    "event",
    "outcome",
    "actor",
    "client_id",
    "subject",
    "address",
    "details",
)


class AbstractAuditEntry:
    """A security event. The row stays when its client or user is deleted.

    Attributes:
        at: When it happened.
        event: What happened: the name of the event class, `LoginFailed`.
        outcome: `success`, or `failure` of what was tried.
        actor: The administrator who did it; NULL if it was the user or the client.
        client_id: The client, if there is one.
        subject: The user whom it is about, if there is one.
        address: The address of the request, as the WSGI server has it.
        details: The other attributes of the event.
    """

    __tablename__ = "oauth_audit_entry"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    event: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str | None] = mapped_column(String(255))
    client_id: Mapped[str | None] = mapped_column(String(255), index=True)
    subject: Mapped[str | None] = mapped_column(String(255), index=True)
    address: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any] | None] = mapped_column(OPEN_OBJECT)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.event}>"


class AuditLog:
    """The statements on the audit log."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._columns = columns_of(models.AuditEntry)
        self._insert: Any = insert(models.AuditEntry, COLUMNS)
        self._connections = AutonomousConnections()
        self._select = select(
            *(column.label(name) for name, column in self._columns.items())
        )

    def add_after(self, session: Session, values: dict[str, Any]) -> None:
        """Add an entry, in a transaction of its own, after that of `session`."""
        self._connections.execute_after(session, self._insert, values)

    def entries(
        self,
        session: Session,
        *,
        about: str | None = None,
        event: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Any]:
        """Return the newest entries, the newest first; None means no condition.

        Args:
            session: The session.
            about: The actor, user or client of the entries.
            event: The event of the entries.
            before: Return entries with a lower key than this (the next page).
            limit: The largest number of entries.
        """
        column = self._columns
        statement = self._select.order_by(column["id"].desc()).limit(limit)
        if about is not None:
            names = ("actor", "client_id", "subject")
            statement = statement.where(or_(*(column[name] == about for name in names)))
        if event is not None:
            statement = statement.where(column["event"] == event)
        if before is not None:
            statement = statement.where(column["id"] < before)
        return connection(session, statement).execute(statement).all()


# An entry outlives its client, and does not keep an unused one alive.
AUDIT_ENTRY = ModelSpec(
    "AuditEntry",
    AbstractAuditEntry,
    expires=None,
    client_column=None,
    purge=PurgeRule(
        name="audit entries",
        model="AuditEntry",
        ended="at",
        keep=lambda settings: settings[AuditSettings].audit_lifetime or None,
    ),
)
