"""The lazy session `request.dbsession`, and its data manager.

The OAuth server runs Core statements on `connection()`. Creating an ORM session,
joining it to the transaction and closing it costs more than one statement, so the ORM
session is created on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from weakref import ref

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from transaction.interfaces import IDataManager
from zope.interface import implementer

from pyramid_oauth.database import is_look_up
from pyramid_oauth.fast_session.outages import ROLLED_BACK, sqlstate
from pyramid_oauth.interfaces.request import Request


class Connections(Protocol):
    """What a session gets from `pyramid_oauth.fast_session.database.Database`."""

    reader: Engine

    def reading(self) -> Connection:
        """Return a connection in autocommit."""

    def writing(self) -> Connection:
        """Return a connection whose transaction has begun."""


class LazySession:
    """The database session of one request; creates an ORM Session on demand.

    It joins the transaction of the request, if there is one, and runs in autocommit
    otherwise. A read without a transaction avoids BEGIN, ROLLBACK and the transaction
    manager. It holds the request weakly, so that both are freed after the response
    without the garbage collector.
    """

    def __init__(self, request: Request, database: Connections) -> None:
        # It lives as long as the request.
        self._request: Callable[[], Request] = ref(request)  # type: ignore[assignment]
        self._database = database
        self._connection: Connection | None = None
        self._is_joined = False
        self._session: Session | None = None
        self.info: dict[str, Any] = {}

    def connection(self, bind_arguments: Mapping[str, Any] | None = None) -> Connection:
        """Return the one connection, with its transaction begun.

        A look-up before that runs in autocommit, and begins none.
        """
        if self._connection is None:
            if bind_arguments and is_look_up(bind_arguments.get("clause")):
                return self._database.reading()
            self._connection = self._begin()
        return self._connection

    def autonomous_connection(self) -> Connection:
        """Return a connection in autocommit, independent of the transaction.

        SQLite has one writer at a time: once this request is writing, it is that one.
        """
        connection = self._connection
        if connection is not None and (
            not self._is_joined or connection.dialect.name == "sqlite"
        ):
            return connection
        return self._database.reading()

    def get_bind(self, mapper: object = None) -> Engine:
        """Return the engine in autocommit, as `Session.get_bind` returns its own."""
        return self._database.reader

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of the ORM session
        return getattr(self._orm(), name)

    def _begin(self) -> Connection:
        request = self._get_request()
        self._is_joined = "tm.active" in request.environ
        if not self._is_joined:
            return self._database.reading()
        request.add_finished_callback(lambda _: self.close())
        writing: Connection = self._database.writing()
        request.tm.get().join(ConnectionDataManager(request.tm, self))
        return writing

    def _orm(self) -> Session:
        if self._session is None:
            self._get_request().add_finished_callback(lambda _: self.close())
            # The transaction manager commits, through `finish`.
            self._session = Session(
                self.connection(), join_transaction_mode="rollback_only"
            )
        return self._session

    def _get_request(self) -> Request:
        return self._request()

    def flush(self) -> None:
        """Flush the ORM session, if there is one."""
        if self._session is not None:
            self._session.flush()

    def finish(self) -> None:
        """Commit the transaction, if there is one."""
        if self._connection is not None and self._is_joined:
            self._connection.commit()

    def close(self) -> None:
        """Release the connection; uncommitted changes are rolled back."""
        session, self._session = self._session, None
        connection, self._connection = self._connection, None
        if session is not None:
            session.close()
        if connection is not None and self._is_joined:
            connection.close()


@implementer(IDataManager)
class ConnectionDataManager:
    """A LazySession as part of a transaction (transaction.interfaces.IDataManager)."""

    def __init__(self, manager: object, session: LazySession) -> None:
        self.transaction_manager = manager
        self._session = session

    def tpc_begin(self, transaction: object) -> None:
        """Do nothing: the connection has already begun its transaction."""

    def commit(self, transaction: object) -> None:
        """Flush to the database, which may still raise an error."""
        self._session.flush()

    def tpc_vote(self, transaction: object) -> None:
        """Commit; with one database the commit is the vote."""
        self._session.finish()

    def tpc_finish(self, transaction: object) -> None:
        """Release the connection."""
        self._session.close()

    def tpc_abort(self, transaction: object) -> None:
        """Roll back."""
        self._session.close()

    abort = tpc_abort

    def sortKey(self) -> str:
        """Sort last, so that all other data managers have voted before the commit."""
        return "~pyramid_oauth.fast_session"

    def should_retry(self, error: Exception) -> bool:
        """Whether another attempt may succeed (pyramid_retry)."""
        orig = error.orig if isinstance(error, DBAPIError) else None
        return sqlstate(orig).startswith(ROLLED_BACK)
