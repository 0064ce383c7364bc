"""Statements on clients with metadata documents.

They run on connections of their own, so that no transaction of a request waits while a
document is fetched, and so that what was fetched stays if the request is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, execute, look_up
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.autonomous_transaction import (
    AutonomousConnections,
    separate_transaction,
)


class KnownClient(NamedTuple):
    """What is stored of a client.

    Attributes:
        source: Who added it.
        expires_at: When its document must be fetched again; None if that is not known.
    """

    source: str
    expires_at: datetime | None


class ClientDocuments:
    """The statements: `server.repositories.client_documents`."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._connections = AutonomousConnections()
        self._class = models.ClientMetadataDocument
        table = self._class.__table__
        self._write = insert(table)
        document, application = (
            columns_of(self._class),
            columns_of(models.Application),
        )
        self._find = look_up(
            select(application["source"], document["expires_at"])
            .select_from(models.Application.__table__)
            .outerjoin(table, document["client_id"] == application["client_id"])
            .where(application["client_id"] == bindparam("client_id"))
        )
        self._count = select(func.count()).select_from(table)
        self._renew = (
            update(table)
            .where(document["client_id"] == bindparam("_client"))
            .values(
                {
                    document["fetched_at"]: bindparam("_fetched"),
                    document["expires_at"]: bindparam("_expires"),
                }
            )
        )

    def find(self, session: Session, client_id: str) -> KnownClient | None:
        """Return what is stored of a client; None if there is no such client."""
        with self._connections.open(session, self._write) as on:
            row = on.execute(self._find, {"client_id": client_id}).first()
        return None if row is None else KnownClient(*row)

    @contextmanager
    def transaction(self, session: Session) -> Iterator[Session]:
        """Open a transaction that is committed at the end of the block."""
        with separate_transaction(session, self._write) as own:
            yield own

    def count(self, session: Session) -> int:
        """Return the number of documents."""
        return session.execute(self._count).scalar_one()

    def store(
        self,
        session: Session,
        client_id: str,
        fetched_at: datetime,
        expires_at: datetime,
    ) -> None:
        """Store when the document of a stored client was fetched and expires."""
        times = {"_client": client_id, "_fetched": fetched_at, "_expires": expires_at}
        if execute(session, self._renew, times):
            return
        row = self._class(
            client_id=client_id, fetched_at=fetched_at, expires_at=expires_at
        )
        session.add(row)
        session.flush()
