"""Execution of SQL statements, as SQLAlchemy Core on the session's connection.

No specification. Core costs a third less than the ORM; the changes that zope.sqlalchemy
would learn from the ORM are reported to it here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    Cast,
    Column,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Row,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from pyramid_oauth.prepared_statements import DRIVERS, PREPARED, find_plan, run

Parameters = Mapping[str, Any]

Statement = TypeVar("Statement", bound=Executable)

_ZOPE = "zope.sqlalchemy"

_LOOK_UP = "pyramid_oauth_look_up"

MAPPER = "pyramid_oauth.mapper"
"""Key of `Session.info` for the mapper by which a host's session chooses its engine."""

GRANT_TYPE = "pyramid_oauth.grant_type"
"""Key of `Session.info` for the grant type that the token endpoint has found."""

# SQLAlchemy counts inserted rows only with this option; psycopg loses the count when
# its cursor closes.
_COUNTED = {"preserve_rowcount": True}


class SessionEvents(Protocol):
    """The listeners of `zope.sqlalchemy.register`."""

    def mark_changed(self, session: Session) -> None:
        """Let the transaction of `session` be committed."""


def prepared(statement: Statement) -> Statement:
    """Mark a statement that is built once and executed with varying parameters.

    `fetch_one` and `execute` run it on the driver's cursor, by a plan that is kept.
    """
    return statement.execution_options(**{PREPARED: True}, **_COUNTED)


def look_up(statement: Statement) -> Statement:
    """Mark a SELECT that may run before the transaction of the request begins.

    `fast_session` runs it in autocommit, so that a slow check of what was found (an
    argon2 hash, a fetch) holds no transaction.
    """
    return statement.execution_options(**{_LOOK_UP: True})


def is_look_up(clause: object) -> bool:
    """Whether `clause` is marked by `look_up`."""
    return isinstance(clause, Executable) and _LOOK_UP in clause.get_execution_options()


def connection(session: Session, clause: object = None) -> Connection:
    """Return the connection of `session` that executes `clause`.

    A host may have several databases or separate readers: its session (`binds`, or its
    own `get_bind`) gets the same arguments as from the ORM.
    """
    return session.connection({"mapper": session.info.get(MAPPER), "clause": clause})


def commits_at_once(connection: Connection) -> bool:
    """Whether the driver of PostgreSQL commits each statement on `connection`."""
    driver = connection.connection.dbapi_connection
    return driver is not None and connection.dialect.detect_autocommit_setting(driver)


def fetch_one(
    session: Session, statement: Executable, parameters: Parameters
) -> Row[Any] | None:
    """Return the first row of `statement`, or None."""
    on = connection(session, statement)
    found = find_plan(on, statement) if on.dialect.driver in DRIVERS else None
    if found is None:
        return on.execute(statement, parameters).first()
    row: Row[Any] | None = run(on, *found, parameters)[0]
    return row


def execute(
    session: Session,
    statement: Executable,
    parameters: Parameters | Sequence[Parameters],
    on: Connection | None = None,
) -> int:
    """Execute a writing statement and return the number of affected rows.

    Several parameter sets are executed as one; some drivers then return no number.

    Args:
        session: The session.
        statement: The statement.
        parameters: One or several sets of parameters.
        on: What `connection` has returned for the statement, if it was asked.
    """
    if on is None:
        on = connection(session, statement)
    rowcount = execute_on(on, statement, parameters)
    mark_written(session)
    return rowcount


def execute_on(
    connection: Connection,
    statement: Executable,
    parameters: Parameters | Sequence[Parameters],
) -> int:
    """Execute as `execute`, on a connection that no session manages."""
    if connection.dialect.driver in DRIVERS and isinstance(parameters, dict):
        found = find_plan(connection, statement)
        if found is not None:
            return run(connection, *found, parameters)[1]
    counted = statement.execution_options(**_COUNTED)
    result: CursorResult[Any] = connection.execute(counted, parameters)
    return result.rowcount


def separate_engine(engine: Engine) -> Engine:
    """Return an engine on the same database, with a pool of its own."""
    return Engine(
        engine.pool.recreate(),
        engine.dialect,
        engine.url,
        hide_parameters=engine.hide_parameters,
    )


def mark_written(session: Session) -> None:
    """Mark `session` as changed if zope.sqlalchemy manages it.

    zope.sqlalchemy sees only changes by the ORM; it would roll back a Core statement.
    """
    events = _zope_events(session)
    if events is not None:
        events.mark_changed(session)


def is_managed(session: Session) -> bool:
    """Whether zope.sqlalchemy commits `session`, with the current transaction."""
    return _zope_events(session) is not None


def _zope_events(session: Session) -> SessionEvents | None:
    """Return the listeners by which zope.sqlalchemy manages `session`, or None."""
    # No import: a host may work without zope.sqlalchemy.
    zope = sys.modules.get(_ZOPE)
    if zope is None or not isinstance(session, Session):
        return None
    for listener in session.dispatch.after_begin:
        owner = getattr(listener, "__self__", None)
        if isinstance(owner, zope.ZopeTransactionEvents):
            return cast(SessionEvents, owner)
    return None


def subject_converter(column: Column[Any]) -> Callable[[Any], Any]:
    """Return the converter from a subject to the type of `column`.

    A host's user key may be an integer or a UUID. A subject that is not a valid key of
    that type becomes None.
    """
    try:
        kind = column.type.python_type
    except NotImplementedError:
        kind = str
    if kind is int:
        return _to_int
    if kind is UUID:
        return _to_uuid
    return str


def _to_int(subject: object) -> int | None:
    text = str(subject)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _to_uuid(subject: object) -> UUID | None:
    try:
        return UUID(str(subject))
    except ValueError:
        return None


class Typed(Cast[Any]):
    """A bound value with an explicit type, which PostgreSQL needs in a SELECT list."""

    inherit_cache = True


@compiles(Typed, "sqlite")
def _as_bound(element: Typed, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of SQLAlchemy
    # SQLite has no such types; a CAST to one would make a number of the value.
    text: str = compiler.process(element.clause, **options)
    return text


def columns_of(mapped: type[Any]) -> dict[str, Any]:
    """Return the columns of a mapped class by attribute name."""
    return {attr.key: attr.columns[0] for attr in mapped.__mapper__.column_attrs}
