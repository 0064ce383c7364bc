"""Connections whose statements commit at once, even if the request is rolled back.

An attempt that is counted must be seen by parallel requests before the credential is
checked, and must stay counted when the request is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Delete, Engine, Insert, Update, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from pyramid_oauth.database import (
    MAPPER,
    connection,
    execute_on,
    mark_written,
    separate_engine,
)

Statement = Insert | Update | Delete

_SECOND: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()
"""For each engine of the process one in autocommit, with a pool of its own."""


class AutonomousConnections:
    """Connections in autocommit, from a second pool for each engine.

    With one pool, requests that each hold a connection could all wait for a second one.
    """

    @contextmanager
    def open(self, session: Session, statement: Statement) -> Iterator[Connection]:
        """Open a connection to the database of `session`.

        The session's own connection is used, and its transaction decides, where there
        can be no other one: the session is bound to a connection (tests of a host), or
        the database is SQLite and this request has the only connection or the write
        lock.

        Args:
            session: The session of the request. It may have a method
                `autonomous_connection`, as that of `fast_session` has.
            statement: A statement by which the session chooses its engine.
        """
        own = getattr(session, "autonomous_connection", None)
        if own is not None:
            yield own()
            return
        engine = _engine_of(session, statement)
        if engine is None or _is_exclusive(session, engine, statement):
            yield connection(session, statement)
            mark_written(session)
            return
        with _second_engine(engine).connect() as opened:
            yield opened
            opened.commit()

    def execute_after(
        self, session: Session, statement: Statement, parameters: Mapping[str, Any]
    ) -> int:
        """Execute a statement after the transaction of `session`.

        Nothing is done where there can be no other connection.

        Args:
            session: The session of a request whose transaction has ended.
            statement: What to execute.
            parameters: Its parameters.

        Returns:
            The number of affected rows.
        """
        own = getattr(session, "autonomous_connection", None)
        if own is not None:
            return execute_on(own(), statement, parameters)
        engine = _engine_of(session, statement)
        if engine is None or _has_one_connection(engine):
            return 0
        with _second_engine(engine).connect() as opened:
            rows = execute_on(opened, statement, parameters)
            opened.commit()
        return rows


@contextmanager
def separate_transaction(session: Session, statement: Statement) -> Iterator[Session]:
    """Open a session with a transaction of its own; commit it at the end of the block.

    The session of the request is used, and its transaction decides, where there can be
    no other connection; see `AutonomousConnections.open`.

    Args:
        session: The session of the request. No row may be locked in it.
        statement: A statement by which the session chooses its engine.
    """
    engine = _engine_of(session, statement)
    if engine is None or _is_exclusive(session, engine, statement):
        yield session
        mark_written(session)
        return
    level = engine.dialect.default_isolation_level
    # A second pool: requests that hold a connection of the first one and wait for
    # another of it could exhaust it and wait for each other.
    second = _second_engine(engine).execution_options(isolation_level=level)
    with Session(second, expire_on_commit=False) as own, own.begin():
        yield own


def call_after_transaction(session: Session, call: Callable[[], None]) -> None:
    """Call after the transaction of `session` has ended: now, where it has.

    A host may end it after the request, in a middleware of its own.
    """
    is_orm = isinstance(session, Session)
    root = session.get_transaction() if is_orm else None
    if root is None:
        call()
        return

    def after(_: Session, transaction: SessionTransaction) -> None:
        if transaction is root:
            call()

    event.listen(session, "after_transaction_end", after)


def dispose_all() -> None:
    """Close the connections of every second pool, as before a process forks."""
    while _SECOND:
        _, second = _SECOND.popitem()
        second.dispose()


def _second_engine(engine: Engine) -> Engine:
    second = _SECOND.get(engine)
    if second is None:
        made = separate_engine(engine)
        options: dict[str, Any] = {
            **engine.get_execution_options(),
            "isolation_level": "AUTOCOMMIT",
        }
        second = _SECOND.setdefault(engine, made.execution_options(**options))
    return second


def _engine_of(session: Session, statement: Statement) -> Engine | None:
    """Return the engine of the session; None if it is bound to a connection."""
    bind = session.get_bind(session.info.get(MAPPER), clause=statement)
    return bind if isinstance(bind, Engine) else None


def _has_one_connection(engine: Engine) -> bool:
    return isinstance(engine.pool, SingletonThreadPool | StaticPool)


def _is_exclusive(session: Session, engine: Engine, statement: Statement) -> bool:
    """Whether another connection would wait for this request, or is the same one."""
    if _has_one_connection(engine):
        return True
    if engine.dialect.name != "sqlite" or not session.in_transaction():
        return False
    driver: Any = connection(session, statement).connection.dbapi_connection
    return bool(driver.in_transaction)
