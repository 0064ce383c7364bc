"""The time of the database, in SQL.

No specification. One clock for all processes, read when the statement has its locks: a
wait before that is not counted. Where the clock of the package is frozen, that counts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from pyramid_oauth.models.columns import UtcDateTime

FROZEN = "frozen_at"
"""The parameter of `DatabaseTime`; its value is `clock.frozen_at`."""


class DatabaseTime(FunctionElement[Any]):
    """The current time of the database; bind `FROZEN` with the statement."""

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self) -> None:
        super().__init__(bindparam(FROZEN, type_=self.type.impl_instance))


@compiles(DatabaseTime)
def _on_postgresql(element: DatabaseTime, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of SQLAlchemy
    # now() is the start of the transaction; the wait for a lock comes after it.
    frozen = compiler.process(element.clauses, **options)
    return f"coalesce(CAST({frozen} AS TIMESTAMP WITH TIME ZONE), clock_timestamp())"


@compiles(DatabaseTime, "sqlite")
def _on_sqlite(element: DatabaseTime, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - of SQLAlchemy
    # As SQLAlchemy stores a datetime; strftime knows milliseconds.
    frozen = compiler.process(element.clauses, **options)
    return f"coalesce({frozen}, strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
