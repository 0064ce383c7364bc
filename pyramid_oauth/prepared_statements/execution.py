"""The execution of plans on one connection of the driver, by its cursor."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine.interfaces import DBAPIConnection

from pyramid_oauth.prepared_statements.plan import Plan

Outcome = tuple[Any, int]
"""The result of a statement: the first row, and the number of affected rows."""

LISTENERS_KNOWN_FOR = 1.0
"""Seconds for which it is known whether a connection has listeners.

To ask SQLAlchemy costs a quarter of a small statement.
"""


class Execution:
    """Executes plans on one pooled connection.

    It keeps a cursor: with psycopg a new one costs as much as the statement.

    Args:
        connection: The driver's connection.
        plans: The plans of the dialect.
    """

    def __init__(
        self,
        connection: DBAPIConnection,
        plans: MutableMapping[Executable, Plan | None],
    ) -> None:
        self.plans = plans
        self.cursor = connection.cursor()
        self.is_watched = False
        self.known_until = 0.0

    def execute(self, plan: Plan, values: dict[str, Any]) -> Outcome:
        """Return the first row of a statement and the number of affected rows.

        Earlier results have been fetched.
        """
        cursor = self.cursor
        cursor.execute(plan.text, values)
        row = cursor.fetchone() if plan.columns else None
        if row is not None:
            readers = plan.readers
            if readers is None:
                readers = plan.build_readers([each[1] for each in cursor.description])
            row = plan.read(row, readers)
        return row, cursor.rowcount


def is_watched(connection: Connection, execution: Execution) -> bool:
    """Whether SQLAlchemy must execute: it has listeners or a translated schema."""
    if "schema_translate_map" in connection.get_execution_options():
        return True
    moment = monotonic()
    if execution.known_until <= moment:
        execution.is_watched = _has_listeners(connection)
        execution.known_until = moment + LISTENERS_KNOWN_FOR
    return execution.is_watched


def _has_listeners(connection: Connection) -> bool:
    events = connection.dispatch
    return bool(
        events.before_cursor_execute
        or events.after_cursor_execute
        or events.before_execute
        or events.after_execute
        or connection.engine.logger.isEnabledFor(logging.INFO)
    )
