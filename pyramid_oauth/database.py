"""How statements reach the database: prepared at start-up, run as Core.

Core on the session's connection costs a third less than the ORM. What Core alone
would lose is told to zope.sqlalchemy here, and only here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Cast, Column, Connection, CursorResult, Executable, Row
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

Parameters = Mapping[str, Any]

Statement = TypeVar("Statement", bound=Executable)

_ZOPE = "zope.sqlalchemy.datamanager"

_PREPARED = "pyramid_oauth_kept"

MAPPER = "pyramid_oauth.mapper"
"""Where `Session.info` has the mapper by which a host's session finds its engine."""

# SQLAlchemy counts INSERTs only where told to; psycopg forgets with its cursor.
_COUNTED = {"preserve_rowcount": True}


def prepared(statement: Statement) -> Statement:
    """Mark a statement that is made once and run with other parameters each time.

    A host's connection may prepare for it, as the ready-made server's does, and need
    give no more of a result than `read` and `write` ask for.
    """
    return statement.execution_options(**{_PREPARED: True}, **_COUNTED)


def is_prepared(statement: Executable) -> bool:
    """Whether `statement` was marked."""
    return _PREPARED in statement.get_execution_options()


def connection(session: Session, clause: Any = None) -> Connection:
    """The connection of `session` on which `clause` is to run.

    A host may have several databases, or send reads elsewhere than writes: its session
    (`binds`, or a `get_bind` of its own) is told what it would be told by the ORM.
    """
    return session.connection({"mapper": session.info.get(MAPPER), "clause": clause})


def fetch_one(
    session: Session, statement: Executable, parameters: Parameters
) -> Row[Any] | None:
    """The first row of `statement`, or None."""
    return connection(session, statement).execute(statement, parameters).first()


def execute(
    session: Session,
    statement: Executable,
    parameters: Parameters | Sequence[Parameters],
) -> int:
    """Run a writing statement and return the number of rows it touched.

    Several parameter sets run as one; some drivers then know no number.
    """
    if not is_prepared(statement):
        statement = statement.execution_options(**_COUNTED)
    on = connection(session, statement)
    result: CursorResult[Any] = on.execute(statement, parameters)
    mark_written(session)
    return result.rowcount


def mark_written(session: Session) -> None:
    """Tell zope.sqlalchemy, where it manages `session`, that there is to commit.

    It listens to the ORM only; a Core statement would be rolled back without a word.
    """
    if is_managed(session):
        sys.modules[_ZOPE].mark_changed(session)


def is_managed(session: Session) -> bool:
    """Whether zope.sqlalchemy has joined `session` to the transaction that goes on."""
    # Asked of the modules that are loaded: a host may do without it.
    manager = sys.modules.get(_ZOPE)
    return manager is not None and session in manager._SESSION_STATE


def flag(value: Any) -> bool | None:
    """A truth value as the engine gave it (SQLite gives 0 and 1), or None."""
    return None if value is None else bool(value)


def subject_converter(column: Column[Any]) -> Callable[[Any], Any]:
    """How an opaque subject becomes a value of `column` (a host's key may be typed).

    A subject that is no key of that type becomes None: nobody.
    """
    try:
        kind = column.type.python_type
    except NotImplementedError:
        kind = str
    if kind is int:
        return _to_int
    if kind is UUID:
        return _to_uuid
    return _to_text


def _to_int(subject: Any) -> int | None:
    text = str(subject)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _to_uuid(subject: Any) -> UUID | None:
    try:
        return UUID(str(subject))
    except ValueError:
        return None


def _to_text(subject: Any) -> str | None:
    return None if subject is None else str(subject)


class Typed(Cast[Any]):
    """A bound value with its type said, which a SELECT list needs on PostgreSQL."""

    inherit_cache = True


@compiles(Typed, "sqlite")
def _as_bound(element: Typed, compiler: Any, **options: Any) -> str:
    # SQLite has no such types; a CAST to one would make a number of the value.
    text: str = compiler.process(element.clause, **options)
    return text


def columns_of(mapped: type[Any]) -> dict[str, Any]:
    """The table's columns by the name of the attribute that maps each."""
    return {attr.key: attr.columns[0] for attr in mapped.__mapper__.column_attrs}
