"""The lazy session `request.dbsession`.

The OAuth server runs Core statements on `connection()`. Creating an ORM session,
joining it to the transaction and closing it costs more than one statement, so the ORM
session is created on first use; zope.sqlalchemy joins it to the transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import zope.sqlalchemy
from sqlalchemy import Connection, Engine, Select
from sqlalchemy.orm import Session

from pyramid_oauth.database import is_look_up
from pyramid_oauth.fast_session.transaction_policy import TransactionPolicy
from pyramid_oauth.interfaces.request import Request

if TYPE_CHECKING:
    from pyramid_oauth.fast_session.database import Database

UNSETTLED = "fast_session.unsettled"
"""The key of the WSGI environment of a request whose effect may be unknown: TRANSACTION
or WRITE."""

TRANSACTION, WRITE = "transaction", "write"


class LazySession:
    """The database session of one request; creates an ORM Session on demand.

    Where the policy says so it joins the transaction of the request, and runs in
    autocommit otherwise. A read without a transaction avoids BEGIN, ROLLBACK and the
    transaction manager. It holds the request weakly, so that both are freed after the
    response without the garbage collector.
    """

    def __init__(
        self, request: Request, database: Database, policy: TransactionPolicy
    ) -> None:
        self._request, self._database, self._policy = ref(request), database, policy
        self._joined: Session | None = None
        self._reading: Session | None = None
        self.info: dict[str, Any] = {}

    def connection(
        self, bind_arguments: dict[str, Any] | None = None, **options: object
    ) -> Connection:
        """Return the connection of the transaction, or one in autocommit.

        A look-up before the transaction begins none.
        """
        if self._in_transaction():
            return self._joined.connection()  # type: ignore[union-attr]
        clause = bind_arguments and bind_arguments.get("clause")
        if clause is not None and is_look_up(clause):
            return self._database.reading()
        if self._needs_transaction(clause):
            return self._join().connection()
        if not isinstance(clause, Select):
            self._note_write()
        return self._database.reading()

    def autonomous_connection(self) -> Connection:
        """Return a connection in autocommit, whatever the transaction comes to.

        SQLite has one writer at a time: once this request is writing, it is that one.
        """
        if self._in_transaction() and self._database.writer.dialect.name == "sqlite":
            return self._joined.connection()  # type: ignore[union-attr]
        return self._database.reading()

    def get_bind(self, mapper: object = None, **options: object) -> Engine:
        """Return the engine in autocommit, as `Session.get_bind` returns its own."""
        return self._database.reader

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the name tells it
        return getattr(self._orm(), name)

    def _orm(self) -> Session:
        if self._in_transaction():
            return self._joined  # type: ignore[return-value]
        if self._needs_transaction(None):
            return self._join()
        if self._reading is None:
            self._reading = Session(self._database.reading())
            self._close_with_request(self._reading)
        return self._reading

    def _in_transaction(self) -> bool:
        """Whether the transaction has begun; zope.sqlalchemy closes it at its end."""
        return self._joined is not None and self._joined.in_transaction()

    def _needs_transaction(self, clause: object) -> bool:
        request = self._get_request()
        return "tm.active" in request.environ and self._policy.needs_transaction(
            request, self.info, clause
        )

    def _join(self) -> Session:
        request = self._get_request()
        request.environ.setdefault(UNSETTLED, TRANSACTION)
        self._joined = self._database.writing()
        self._close_with_request(self._joined)
        # Core statements change what zope.sqlalchemy does not see.
        zope.sqlalchemy.mark_changed(self._joined, request.tm)
        return self._joined

    def _note_write(self) -> None:
        if not self._policy.may_write_again(self.info):
            self._get_request().environ[UNSETTLED] = WRITE

    def _close_with_request(self, session: Session) -> None:
        self._get_request().add_finished_callback(lambda request: session.close())

    def _get_request(self) -> Request:
        # Its session is used while it runs.
        return self._request()  # type: ignore[return-value]
