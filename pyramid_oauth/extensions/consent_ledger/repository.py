"""Statements on the consent ledger: add an entry, and list entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.inserts import insert


class LedgerEntry(NamedTuple):
    """An entry of the consent ledger; see the model `AbstractConsentLedgerEntry`."""

    id: int
    made_at: datetime
    decision: str
    subject: str
    client_id: str
    client_name: str
    logo_uri: str | None
    redirect_host: str
    items: list[dict[str, Any]]
    language: str
    network: str | None


class ConsentLedger:
    """The statements: `request.oauth.server.repositories.consent_ledger`."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._columns = columns_of(models.ConsentLedgerEntry)
        self._insert = insert(models.ConsentLedgerEntry, LedgerEntry._fields[1:])

    def add(self, session: Session, entry: Mapping[str, Any]) -> None:
        """Add an entry: the values of all columns but `id`."""
        execute(session, self._insert, entry)

    def entries(
        self,
        session: Session,
        *,
        subject: str | None = None,
        client_id: str | None = None,
        limit: int = 200,
    ) -> list[LedgerEntry]:
        """Return entries of a user, of a client, or of both, the newest first."""
        columns = self._columns
        statement = (
            select(*(columns[name].label(name) for name in LedgerEntry._fields))
            .order_by(columns["made_at"].desc(), columns["id"].desc())
            .limit(limit)
        )
        if subject is not None:
            statement = statement.where(columns["subject"] == subject)
        if client_id is not None:
            statement = statement.where(columns["client_id"] == client_id)
        rows = connection(session, statement).execute(statement)
        return [LedgerEntry._make(row) for row in rows]
