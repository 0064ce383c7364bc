"""A connection that runs prepared statements directly on the driver's cursor.

SQLAlchemy determines the text, the bind processors and the columns of a statement at
each execution, which costs more than the driver. Here they are determined once for a
prepared statement. Other statements, and all statements of an engine with event
listeners or with echo, run on SQLAlchemy's Connection.
"""

from __future__ import annotations

import logging
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, PoolProxiedConnection, Select, event
from sqlalchemy.exc import DBAPIError

from pyramid_oauth.database import is_prepared

Converters = tuple[tuple[Any, Callable[[Any], Any]], ...]

CURSOR = "pyramid_oauth.cursor"
"""The key of the cursor in the `info` of a pooled connection."""

FAILED = "pyramid_oauth_failed"
"""The execution option with the driver's error that a statement is to raise."""


class Plan:
    """The execution plan of one statement for one dialect."""

    def __init__(self, statement: Any, compiled: Any) -> None:
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
        self._columns: list[Any] = []
        if isinstance(statement, Select):
            self._columns = list(statement.selected_columns)
        self._row = _row_class([column.key for column in self._columns])
        self._readers: Converters | None = None

    def _type(self, element: Any) -> Any:
        return element.type.dialect_impl(self._dialect)

    def bound(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return `parameters` as the driver takes them."""
        values = {**self._constants, **parameters}
        for name, convert in self._binders:
            values[name] = convert(values[name])
        return values

    def first(self, cursor: Any) -> Any:
        """Return the first row, or None where the statement returns none."""
        row = cursor.fetchone() if self._columns else None
        if row is None:
            return None
        if self._readers is None:
            self._readers = self._build_readers(cursor.description)
        if not self._readers:
            return self._row._make(row)
        values = list(row)
        for place, convert in self._readers:
            values[place] = convert(values[place])
        return self._row._make(values)

    def _build_readers(self, description: Any) -> Converters:
        found = [
            self._type(column).result_processor(self._dialect, described[1])
            for column, described in zip(self._columns, description, strict=True)
        ]
        return tuple((place, each) for place, each in enumerate(found) if each)


def _row_class(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True)


class Plans:
    """The plans of one database, each built when its statement first runs."""

    def __init__(self) -> None:
        self._plans: dict[Any, Plan | None] = {}

    def of(self, statement: Any, dialect: Any) -> Plan | None:
        """Return the plan of `statement`; None where SQLAlchemy must run it."""
        if statement in self._plans:
            return self._plans[statement]
        if not is_prepared(statement):
            return None
        compiled = statement.compile(dialect=dialect)
        plan = Plan(statement, compiled) if _is_plain(compiled) else None
        self._plans[statement] = plan
        return plan


def _is_plain(compiled: Any) -> bool:
    """Whether text and parameters are fixed: nothing is computed at execution."""
    return not (
        compiled.positional
        or compiled.prefetch
        or compiled.effective_returning
        or compiled.post_compile_params
        or compiled.literal_execute_params
        or compiled.escaped_bind_names
    )


class Outcome:
    """The result of a statement: the first row, and the number of affected rows."""

    __slots__ = ("_row", "rowcount")

    def __init__(self, row: Any, rowcount: int) -> None:
        self._row = row
        self.rowcount = rowcount

    def first(self) -> Any:
        """The first row, a named tuple, or None."""
        return self._row


class DirectConnection(Connection):
    """A Connection with plans; errors, invalidation and transactions are inherited."""

    def __init__(self, engine: Engine, plans: Plans) -> None:
        super().__init__(engine)
        self._plans = plans
        self._is_logged = engine.logger.isEnabledFor(logging.INFO)

    def execute(
        self, statement: Any, parameters: Any = None, *, execution_options: Any = None
    ) -> Any:
        """Execute as `Connection.execute`; an `Outcome` if prepared."""
        plan = None
        if type(parameters) is dict and not execution_options and self._is_unwatched():
            plan = self._plans.of(statement, self.dialect)
        if plan is None:
            return super().execute(
                statement, parameters, execution_options=execution_options
            )
        return self._run(plan, parameters)

    @property
    def is_fit(self) -> bool:
        """Whether it is open and not invalidated."""
        return not (self.closed or self.invalidated)

    def _is_unwatched(self) -> bool:
        events = self.dispatch
        return not (
            events.before_cursor_execute
            or events.after_cursor_execute
            or events.before_execute
            or events.after_execute
            or self._is_logged
            or "schema_translate_map" in self.get_execution_options()
        )

    def _run(self, plan: Plan, parameters: dict[str, Any]) -> Outcome:
        if not self.in_transaction():
            self.begin()
        values = plan.bound(parameters)
        try:
            cursor = _cursor_of(self.connection)
            cursor.execute(plan.text, values)
            return Outcome(plan.first(cursor), cursor.rowcount)
        except self.dialect.loaded_dbapi.Error as error:
            # SQLAlchemy handles it as its own: events, pool, and the error it raises.
            options = {FAILED: error}
            try:
                self.exec_driver_sql(plan.text, values, execution_options=options)
            except DBAPIError as raised:
                # A closed connection has another error by now: keep the first one.
                raise raised from error
            raise


def handle_driver_errors(engine: Engine) -> None:
    """Let the connections of `engine` raise errors of prepared statements."""
    event.listen(engine, "do_execute", _raise_failed)


def _raise_failed(cursor: Any, text: str, values: Any, context: Any) -> None:
    """Raise, in place of an execution, the error that one has had."""
    error: Exception | None = context.execution_options.get(FAILED)
    if error is not None:
        raise error


def _cursor_of(link: PoolProxiedConnection) -> Any:
    """Return the one cursor of a connection; earlier results have been fetched.

    In psycopg a new cursor costs as much as the statement.
    """
    kept = link.info.get(CURSOR)
    if kept is None:
        kept = link.info[CURSOR] = link.cursor()
    return kept
