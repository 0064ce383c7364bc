"""Prepared statements: run on a cursor of the driver, with plans made once.

SQLAlchemy determines the text, the bind processors and the columns of a statement at
each execution, which costs more than the driver. Here they are determined once for each
statement and dialect. Only public interfaces are used. Where a connection has event
listeners, echo or a translated schema, SQLAlchemy executes the statement itself.
"""

from __future__ import annotations

import logging
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary, ref

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    PoolProxiedConnection,
    Select,
    event,
)
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Converters = tuple[tuple[Any, Callable[[Any], Any]], ...]

Values = tuple[Any, ...]
"""A row: a named tuple."""

DRIVERS = ("psycopg", "psycopg2")
"""Of the drivers that name parameters; others leave the work to SQLAlchemy."""

CURSOR = "pyramid_oauth.cursor"
"""The key of the cursor in the `info` of a pooled connection."""

FAILED = "pyramid_oauth_failed"
"""The execution option with the driver's error that a statement is to raise."""

PREPARED = "pyramid_oauth_prepared"
"""The execution option that marks a statement as built once."""


class Plan:
    """The execution plan of one statement for one dialect."""

    def __init__(self, statement: Executable, compiled: SQLCompiler) -> None:
        self.text = str(compiled)
        self._dialect = compiled.dialect
        self._constants: dict[str, Any] = {}
        binders = []
        for parameter, name in compiled.bind_names.items():
            convert = self._type(parameter).bind_processor(self._dialect)
            if not parameter.required:
                value = parameter.effective_value
                self._constants[name] = convert(value) if convert else value
            elif convert:
                binders.append((name, convert))
        self._binders: Converters = tuple(binders)
        self._columns: list[ColumnElement[Any]] = []
        if isinstance(statement, Select):
            self._columns = list(statement.selected_columns)
        names = [str(column.key) for column in self._columns]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self._make_row: Callable[[Iterable[Any]], Values] = row._make
        self._readers: Converters | None = None

    def _type(self, element: ColumnElement[Any]) -> TypeEngine[Any]:
        return element.type.dialect_impl(self._dialect)

    def bound(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return `parameters` as the driver takes them."""
        values = {**self._constants, **parameters}
        for name, convert in self._binders:
            values[name] = convert(values[name])
        return values

    def first(self, cursor: DBAPICursor) -> Values | None:
        """Return the first row, or None where the statement returns none."""
        row = cursor.fetchone() if self._columns else None
        if row is None:
            return None
        if self._readers is None:
            self._readers = self._build_readers(cursor)
        if not self._readers:
            return self._make_row(row)
        values = list(row)
        for place, convert in self._readers:
            values[place] = convert(values[place])
        return self._make_row(values)

    def _build_readers(self, cursor: DBAPICursor) -> Converters:
        found = [
            self._type(column).result_processor(self._dialect, described[1])
            for column, described in zip(self._columns, cursor.description, strict=True)
        ]
        return tuple((place, each) for place, each in enumerate(found) if each)


class Plans(dict[Executable, Plan | None]):
    """The plans of a dialect; None: SQLAlchemy must execute the statement.

    A listener of the dialect keeps them: they live as long as it does.
    """

    def raise_failed(
        self,
        cursor: DBAPICursor,
        text: str,
        values: object,
        context: ExecutionContext,
    ) -> None:
        """Raise the error of an earlier execution instead of executing again."""
        error: Exception | None = context.execution_options.get(FAILED)
        if error is not None:
            raise error


PLANS: WeakKeyDictionary[Dialect, ref[Plans]] = WeakKeyDictionary()
"""The plans of each dialect."""


def add_dialect(connection: Connection) -> Plans:
    """Return new plans for the dialect of a connection, kept by its listener."""
    plans = Plans()
    event.listen(connection.engine, "do_execute", plans.raise_failed)
    PLANS[connection.dialect] = ref(plans)
    return plans


def build_plan(dialect: Dialect, statement: Executable) -> Plan | None:
    """Return the plan of a statement; None if it has none."""
    compiled = cast(ClauseElement, statement).compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        return None
    return Plan(statement, compiled) if _is_plain(compiled) else None


def _is_plain(compiled: SQLCompiler) -> bool:
    """Whether text and parameters are fixed: nothing is computed at execution."""
    return not (
        compiled.positional
        or compiled.prefetch
        or compiled.effective_returning
        or compiled.post_compile_params
        or compiled.literal_execute_params
        or compiled.escaped_bind_names
    )


class Outcome(NamedTuple):
    """The result of a statement: the first row, and the number of affected rows."""

    row: Any
    rowcount: int


def run(connection: Connection, plan: Plan, parameters: Mapping[str, Any]) -> Outcome:
    """Execute a plan in the transaction of a connection.

    Raises:
        DBAPIError: as `Connection.execute` raises it.
    """
    if not connection.in_transaction():
        connection.begin()
    values = plan.bound(parameters)
    try:
        cursor = _cursor_of(connection.connection)
        cursor.execute(plan.text, values)
        return Outcome(plan.first(cursor), cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as error:
        # SQLAlchemy handles it as its own: events, pool, and the error it raises.
        options = {FAILED: error}
        try:
            connection.exec_driver_sql(plan.text, values, execution_options=options)
        except DBAPIError as raised:
            # A closed connection has another error by now: keep the first one.
            raise raised from error
        raise


def is_watched(connection: Connection) -> bool:
    """Whether listeners must see the statements, or they must be changed."""
    events = connection.dispatch
    return bool(
        events.before_cursor_execute
        or events.after_cursor_execute
        or events.before_execute
        or events.after_execute
        or connection.engine.logger.isEnabledFor(logging.INFO)
        or "schema_translate_map" in connection.get_execution_options()
    )


def _cursor_of(link: PoolProxiedConnection) -> DBAPICursor:
    """Return the one cursor of a connection; earlier results have been fetched.

    In psycopg a new cursor costs as much as the statement.
    """
    kept: DBAPICursor | None = link.info.get(CURSOR)
    if kept is None:
        kept = link.info[CURSOR] = link.cursor()
    return kept
