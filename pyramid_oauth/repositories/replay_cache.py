"""Replay cache: identifiers of assertions, each of which is accepted once.

RFC 7523 section 3, item 7. The database decides, for all processes.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, String, bindparam, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, connection, execute, execute_on, prepared
from pyramid_oauth.hashing import DIGEST_LENGTH, sha256_digest
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import UtcDateTime, type_of_own_values
from pyramid_oauth.models.registry import ModelSpec
from pyramid_oauth.repositories.autonomous_transaction import AutonomousConnections
from pyramid_oauth.repositories.inserts import conflict_insert


class AbstractUsedAssertion:
    """An identifier that was used.

    Attributes:
        digest: That of its owner and the `jti`.
        expires_at: When the assertion expires; then the row is not needed any more.
    """

    __tablename__ = "oauth_used_assertion"

    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.digest}>"


def digest_of(owner: str, jti: str) -> str:
    """Return the digest of an identifier in the namespace of its owner."""
    return sha256_digest(f"[{json.dumps(owner)}, {json.dumps(jti)}]")


class ReplayCache:
    """The statement on used identifiers."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._table = models.UsedAssertion.__table__
        self._columns = columns_of(models.UsedAssertion)
        self._connections = AutonomousConnections()
        self._any_insert = insert(self._table)
        self._statements: dict[str, Executable] = {}

    def consume(
        self, session: Session, client_id: str, jti: str, expires_at: datetime
    ) -> bool:
        """Mark `jti` of `client_id` as used; return False if it was used before.

        A second transaction waits until the first one commits or rolls back.
        """
        on = connection(session, self._table)
        values = {"digest": digest_of(client_id, jti), "expires_at": expires_at}
        return execute(session, self._insert_into(on), values, on) == 1

    def consume_at_once(
        self, session: Session, owner: str, jti: str, expires_at: datetime
    ) -> bool:
        """Like `consume`, but stay used if the request is rolled back."""
        values = {"digest": digest_of(owner, jti), "expires_at": expires_at}
        with self._connections.open(session, self._any_insert) as on:
            return execute_on(on, self._insert_into(on), values) == 1

    def _insert_into(self, on: Connection) -> Executable:
        statement = self._statements.get(on.dialect.name)
        if statement is None:
            statement = self._statements[on.dialect.name] = self._build_insert(on)
        return statement

    def _build_insert(self, on: Connection) -> Executable:
        columns = self._columns
        values: dict[Any, Any] = {
            columns[name]: bindparam(name, type_=type_of_own_values(columns[name]))
            for name in ("digest", "expires_at")
        }
        unique = [columns["digest"]]
        statement: Executable = (
            conflict_insert(on, self._table)
            .values(values)
            .on_conflict_do_nothing(index_elements=unique)
        )
        return prepared(statement)


USED_ASSERTION = ModelSpec("UsedAssertion", AbstractUsedAssertion, client_column=None)


def includeme(config: Configurator) -> None:
    """Add the table and the statement, for an extension that needs them."""
    config.add_oauth_model(USED_ASSERTION)
    config.add_oauth_repository("replay_cache", ReplayCache)
