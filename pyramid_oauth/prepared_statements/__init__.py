"""Prepared statements: run on a connection of the driver, with plans made once.

SQLAlchemy determines the text, the bind processors and the columns of a statement at
each execution, which costs more than the driver. Here they are determined once for each
statement and dialect. Only public interfaces are used. Where a connection has event
listeners, echo or a translated schema, SQLAlchemy executes the statement itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary, ref

from sqlalchemy import Connection, Dialect, Executable, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.exc import DBAPIError

from pyramid_oauth.prepared_statements.execution import Execution, Outcome, is_watched
from pyramid_oauth.prepared_statements.libpq import create_execution
from pyramid_oauth.prepared_statements.plan import Plan, build_plan

__all__ = ["DRIVERS", "PREPARED", "Found", "Outcome", "find_plan", "run"]

DRIVERS = ("psycopg", "psycopg2")
"""Of the drivers that name parameters; others leave the work to SQLAlchemy."""

EXECUTION = "pyramid_oauth.execution"
"""The key of the Execution in the `info` of a pooled connection."""

FAILED = "pyramid_oauth_failed"
"""The execution option with the driver's error that a statement is to raise."""

PREPARED = "pyramid_oauth_prepared"
"""The execution option that marks a statement as built once."""

Found = tuple[Plan, Execution]


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


def find_plan(connection: Connection, statement: Executable) -> Found | None:
    """Return the plan of a statement and the executor of the connection.

    None where SQLAlchemy must execute the statement. The driver is one of DRIVERS.
    """
    execution = connection.connection.info.get(EXECUTION)
    if execution is None:
        execution = _add_execution(connection)
    plans = execution.plans
    if statement in plans:
        plan = plans[statement]
    elif PREPARED in statement.get_execution_options():
        plan = plans[statement] = build_plan(connection.dialect, statement)
    else:
        return None
    if plan is None or is_watched(connection, execution):
        return None
    return plan, execution


def run(
    connection: Connection,
    plan: Plan,
    execution: Execution,
    parameters: Mapping[str, Any],
) -> Outcome:
    """Execute a plan in the transaction of a connection.

    Raises:
        DBAPIError: as `Connection.execute` raises it.
    """
    if not connection.in_transaction():
        connection.begin()
    values = plan.bound(parameters)
    try:
        return execution.execute(plan, values)
    except connection.dialect.loaded_dbapi.Error as error:
        # SQLAlchemy handles the error like its own: events, pool and exception type.
        options = {FAILED: error}
        try:
            connection.exec_driver_sql(plan.text, values, execution_options=options)
        except DBAPIError as raised:
            # A closed connection raises another error here: keep the first one.
            raise raised from error
        raise


def _add_execution(connection: Connection) -> Execution:
    """Attach the executor of plans to a pooled connection."""
    dialect = connection.dialect
    kept = PLANS.get(dialect)
    plans = kept() if kept else None
    if plans is None:
        plans = Plans()
        event.listen(connection.engine, "do_execute", plans.raise_failed)
        PLANS[dialect] = ref(plans)
    link = connection.connection
    execution = create_execution(dialect, link.dbapi_connection, plans)
    link.info[EXECUTION] = execution
    return execution
