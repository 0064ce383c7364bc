"""INSERT … ON CONFLICT, which both of our engines spell alike.

One statement decides between several processes; it never fails, so it never leaves a
PostgreSQL transaction aborted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.store import connection

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def conflict_insert(session: Session, table: Table) -> Any:
    """An INSERT into `table` that knows `on_conflict_do_…`, for the session's engine.

    Raises ConfigurationError for an engine that has no such statement.
    """
    name = connection(session, table).dialect.name
    if name not in _INSERT:
        raise ConfigurationError(f"{name} has no INSERT … ON CONFLICT, which is needed")
    return _INSERT[name](table)
