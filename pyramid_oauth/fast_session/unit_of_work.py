"""What `request.dbsession` is: a connection, and an ORM session for who asks for more.

The OAuth server runs Core statements on `connection()`. An ORM session that is made,
joined to the transaction and closed around one of them costs more than the statement.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from transaction.interfaces import IDataManager
from zope.interface import implementer

ROLLED_BACK = "40"
"""The class of SQLSTATE that asks for a new attempt (serialization, deadlock)."""


class LazySession:
    """The work of one request on the database: like a Session, which it is on demand.

    It takes part in the transaction of the request, where there is one, and runs in
    autocommit otherwise. A read without a transaction spares BEGIN, ROLLBACK and the
    transaction manager. The request holds it; it holds the request weakly, so that
    both are gone when the answer is, without the garbage collector.
    """

    def __init__(self, request: Any, database: Any) -> None:
        self._request, self._database = ref(request), database
        self._connection: Connection | None = None
        self._is_joined = False
        self._session: Session | None = None
        self.info: dict[str, Any] = {}

    def connection(self, bind_arguments: Any = None) -> Connection:
        """The one connection, with its transaction begun, for whatever is to run."""
        if self._connection is None:
            self._connection = self._begun()
        return self._connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._orm(), name)

    def _begun(self) -> Connection:
        request = self._reached_by()
        self._is_joined = "tm.active" in request.environ
        if not self._is_joined:
            reading: Connection = self._database.reading()
            return reading
        request.add_finished_callback(lambda _: self.close())
        writing: Connection = self._database.writing()
        request.tm.get().join(ConnectionDataManager(request.tm, self))
        return writing

    def _orm(self) -> Session:
        if self._session is None:
            self._reached_by().add_finished_callback(lambda _: self.close())
            # Who commits is the transaction manager, through `finish`.
            self._session = Session(
                self.connection(), join_transaction_mode="rollback_only"
            )
        return self._session

    def _reached_by(self) -> Any:
        return self._request()

    def flush(self) -> None:
        """Send what the ORM holds back."""
        if self._session is not None:
            self._session.flush()

    def finish(self) -> None:
        """Commit."""
        if self._connection is not None and self._is_joined:
            self._connection.commit()

    def close(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        session, self._session = self._session, None
        connection, self._connection = self._connection, None
        if session is not None:
            session.close()
        if connection is not None and self._is_joined:
            connection.close()


@implementer(IDataManager)
class ConnectionDataManager:
    """A LazySession as part of a transaction (transaction.interfaces.IDataManager)."""

    def __init__(self, manager: Any, session: LazySession) -> None:
        self.transaction_manager = manager
        self._session = session

    def tpc_begin(self, transaction: Any) -> None:
        """Nothing: the connection has begun its transaction already."""

    def commit(self, transaction: Any) -> None:
        """Send everything to the database, where it may still be refused."""
        self._session.flush()

    def tpc_vote(self, transaction: Any) -> None:
        """Commit; there is one database, so its word is the vote."""
        self._session.finish()

    def tpc_finish(self, transaction: Any) -> None:
        """Give the connection back."""
        self._session.close()

    def tpc_abort(self, transaction: Any) -> None:
        """Roll back."""
        self._session.close()

    abort = tpc_abort

    def sortKey(self) -> str:
        """Last, so that whoever can still refuse has done so."""
        return "~pyramid_oauth.fast_session"

    def should_retry(self, error: Exception) -> bool:
        """Whether another attempt may succeed (pyramid_retry)."""
        orig = error.orig if isinstance(error, DBAPIError) else None
        state = getattr(orig, "sqlstate", None) or getattr(orig, "pgcode", None)
        return state is not None and state.startswith(ROLLED_BACK)
