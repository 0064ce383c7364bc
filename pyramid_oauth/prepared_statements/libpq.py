"""The execution of plans by psycopg's interface to libpq, without its cursor.

psycopg documents `Connection.pgconn` and `psycopg.adapt` for commands of a lower level.
The cursor looks for the parameters in the text, looks the prepared statement up, and
drives the network by a generator; that is half of the CPU time of a small statement.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Dialect, Executable
from sqlalchemy.engine.interfaces import DBAPIConnection

from pyramid_oauth.prepared_statements.execution import Execution, Outcome
from pyramid_oauth.prepared_statements.json_columns import set_json_reader
from pyramid_oauth.prepared_statements.plan import Plan

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from psycopg.pq.abc import PGresult

MOST_NAMES = 500
"""The most statements that are prepared on one connection; others are sent whole."""


UNKNOWN_NAME = b"26000"
"""SQLSTATE of a prepared statement that does not exist (PostgreSQL Appendix A)."""


KNOWN_NAME = b"42P05"
"""SQLSTATE of a name that is prepared already, with the same text as by `_build_name`.

A pooler may have given this connection a session of another."""


class LibpqExecution(Execution):
    """Executes plans on one connection of psycopg.

    The statement is prepared at its first execution on the connection, unless
    `prepare_threshold` of the connection is None (a pooler).

    Args:
        connection: The connection.
        plans: The plans of the dialect.
        driver: The module `psycopg`.
    """

    def __init__(
        self,
        connection: Connection,
        plans: MutableMapping[Executable, Plan | None],
        driver: Any,  # noqa: ANN401 - a module, which need not be installed
    ) -> None:
        super().__init__(cast(DBAPIConnection, connection), plans)
        self._connection = connection
        cursor = cast("Cursor[Any]", self.cursor)
        set_json_reader(cursor, driver)
        self._transformer = driver.adapt.Transformer(cursor)
        self._build_error = driver.errors.error_from_result
        status = driver.pq.ExecStatus
        self._rows, self._done = status.TUPLES_OK, status.COMMAND_OK
        self._sqlstate = driver.pq.DiagnosticField.SQLSTATE
        self._automatic = driver.adapt.PyFormat.AUTO
        self._names: dict[tuple[Plan, tuple[int, ...]], bytes] = {}

    def execute(self, plan: Plan, values: dict[str, Any]) -> Outcome:
        """Return the first row of a statement and the number of affected rows."""
        connection = self._connection
        if not connection.autocommit:
            # psycopg begins the transaction; and after its end it may discard what
            # is prepared, which is an error in the next transaction.
            return super().execute(plan, values)
        transformer = self._transformer
        given = [values[name] for name in plan.names]
        sent = transformer.dump_sequence(given, [self._automatic] * len(given))
        result = self._send(plan, sent, transformer.types or ())
        if result.status == self._rows:
            return self._read(plan, result), result.command_tuples or 0
        return None, self._require_success(result).command_tuples or 0

    def _send(
        self,
        plan: Plan,
        sent: Any,  # noqa: ANN401 - psycopg declares its own answer too narrowly
        types: tuple[int, ...],
    ) -> PGresult:
        """Return the result of a statement, an error included."""
        server, formats = self._connection.pgconn, self._transformer.formats
        name = self._names.get((plan, types)) or self._prepare(plan, types)
        if name is None:
            return server.exec_params(plan.numbered_text, sent, types, formats)
        result = server.exec_prepared(name, sent, formats)
        if result.error_field(self._sqlstate) == UNKNOWN_NAME:
            # The driver or host has discarded the statement; nothing was executed.
            self._names.clear()
            name = self._prepare(plan, types)
            if name is not None:
                return server.exec_prepared(name, sent, formats)
        return result

    def _prepare(self, plan: Plan, types: tuple[int, ...]) -> bytes | None:
        """Prepare a statement; returns its name, or None if it is sent whole."""
        names = self._names
        if self._connection.prepare_threshold is None or len(names) >= MOST_NAMES:
            return None
        name = _build_name(plan, types)
        server = self._connection.pgconn
        result = server.prepare(name, plan.numbered_text, types)
        if result.error_field(self._sqlstate) != KNOWN_NAME:
            self._require_success(result)
        names[plan, types] = name
        return name

    def _require_success(self, result: PGresult) -> PGresult:
        """Return a result without rows; raise the error of another."""
        if result.status != self._done:
            raise self._build_error(result, self._transformer.encoding)
        return result

    def _read(self, plan: Plan, result: PGresult) -> Any:  # noqa: ANN401 - a row
        """Return the first row, or None."""
        if not (plan.columns and result.ntuples):
            return None
        transformer = self._transformer
        transformer.set_pgresult(result)
        readers = plan.readers
        if readers is None:
            kinds = [result.ftype(place) for place in range(result.nfields)]
            readers = plan.build_readers(kinds)
        if not readers:
            return transformer.load_row(0, plan.build_row)
        return plan.read(transformer.load_row(0, tuple), readers)


def create_execution(
    dialect: Dialect,
    connection: Any,  # noqa: ANN401 - of a driver that need not be installed
    plans: MutableMapping[Executable, Plan | None],
) -> Execution:
    """Return the executor of plans for a connection of the driver."""
    if dialect.driver == "psycopg" and not _is_cooperative():
        return LibpqExecution(connection, plans, dialect.loaded_dbapi)
    return Execution(connection, plans)


def _build_name(plan: Plan, types: tuple[int, ...]) -> bytes:
    """Return a name that is computed from the text of the statement.

    If a pooler switches server sessions, the name refers to the same statement there.
    """
    content = plan.numbered_text + repr(types).encode()
    return b"pyramid_oauth_" + sha256(content).hexdigest()[:32].encode()


def _is_cooperative() -> bool:
    """Whether gevent is active: waits inside of libpq would block all greenlets."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("select"))
