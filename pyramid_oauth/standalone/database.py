"""The engines behind `request.dbsession`, and which requests have a transaction.

A request that only reads has none: in autocommit a look-up costs half.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any
from weakref import WeakSet

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.router import default_execution_policy
from pyramid_retry import RetryableExecutionPolicy, mark_error_retryable
from sqlalchemy import Engine, engine_from_config, event
from sqlalchemy.engine import ExceptionContext, make_url

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.fast_session import LATE
from pyramid_oauth.fast_session.connection import LeanConnection, Plans
from pyramid_oauth.fast_session.transaction_policy import TransactionPolicy
from pyramid_oauth.fast_session.unit_of_work import LazySession
from pyramid_oauth.server import SERVER

PREFIX = "sqlalchemy."

POSTGRESQL = {"pool_size": "5", "max_overflow": "10", "pool_recycle": "1800"}

ATTEMPTS = 3
"""How often a transaction is attempted, unless `retry.attempts` says otherwise."""

HELD_FOR = 60.0
"""Seconds after which a thread exchanges its connection."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
)


class Database:
    """Two engines on one database: `writer` for transactions, `reader` without.

    They are two because switching one connection's isolation level back and forth
    at each request costs more than a second connection in the pool.
    """

    def __init__(
        self, settings: Mapping[str, Any], *, prepared_statements: bool = True
    ) -> None:
        prepares = prepared_statements
        self.writer = _engine(settings, transactional=True, prepares=prepares)
        self.reader = _engine(settings, transactional=False, prepares=prepares)
        self._plans = Plans()
        self._held = threading.local()
        self._all_held: WeakSet[LeanConnection] = WeakSet()

    def work(self, request: Any) -> LazySession:
        """The work of `request`, in its transaction or, without one, in autocommit."""
        return LazySession(request, self)

    def writing(self) -> LeanConnection:
        """A connection from the pool, its transaction begun."""
        connection = LeanConnection(self.writer, self._plans)
        connection.begin()
        return connection

    def reading(self) -> LeanConnection:
        """This thread's connection in autocommit.

        It stays with the thread, for a request leaves nothing behind in it, and is
        exchanged now and then, so that the pool sees to its age.
        """
        held: LeanConnection | None = getattr(self._held, "connection", None)
        if held is None or not held.is_fit or self._held.until < monotonic():
            held = self._exchanged(held)
        return held

    def _exchanged(self, held: LeanConnection | None) -> LeanConnection:
        if held is not None:
            held.close()
        fresh = LeanConnection(self.reader, self._plans)
        self._held.connection, self._held.until = fresh, monotonic() + HELD_FOR
        self._all_held.add(fresh)
        return fresh

    def dispose(self) -> None:
        """Close the pooled connections, and those that threads hold."""
        for held in list(self._all_held):
            held.close()
        self.writer.dispose()
        self.reader.dispose()


def _engine(
    settings: Mapping[str, Any], *, transactional: bool, prepares: bool
) -> Engine:
    url = make_url(settings[PREFIX + "url"])
    sqlite = url.get_backend_name() == "sqlite"
    defaults = {} if sqlite else POSTGRESQL
    options: dict[str, Any] = {PREFIX + name: value for name, value in defaults.items()}
    options.update(settings)
    if not prepares and url.get_driver_name() == "psycopg":  # psycopg2 never does
        options[PREFIX + "connect_args"] = {"prepare_threshold": None}
    if transactional:
        engine = engine_from_config(options, PREFIX)
    else:
        engine = engine_from_config(
            options,
            PREFIX,
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            # Every thread holds one, however many threads there are.
            max_overflow=-1,
        )
    if sqlite:
        _prepare_sqlite(engine, transactional)
    return engine


def _prepare_sqlite(engine: Engine, transactional: bool) -> None:
    path = engine.url.database
    if not path or path == ":memory:":
        raise ConfigurationError(
            "sqlalchemy.url: the server needs a SQLite file, or PostgreSQL; a "
            "database in memory is another one for each connection"
        )
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "handle_error", _mark_busy)
    if transactional:
        event.listen(engine, "begin", _begin)


def _on_connect(connection: Any, record: Any) -> None:
    # None keeps the driver from opening transactions of its own, too late.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _mark_busy(context: ExceptionContext) -> None:
    # Somebody else has written for longer than busy_timeout: the caller may try again.
    name = getattr(context.original_exception, "sqlite_errorname", "")
    if name.startswith("SQLITE_BUSY") and context.sqlalchemy_exception is not None:
        mark_error_retryable(context.sqlalchemy_exception)


def _begin(connection: Any) -> None:
    # A transaction that reads first and writes then fails at once where another one
    # wrote in between; taking the write lock at the start makes it wait instead.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def includeme(config: Configurator) -> None:
    """Give every request a `dbsession`."""
    settings = config.get_settings()
    if not settings.get(PREFIX + "url"):
        raise ConfigurationError("sqlalchemy.url is missing")
    prepares = config.registry["standalone.options"].prepared_statements
    database = Database(settings, prepared_statements=prepares)
    writes = TransactionPolicy(
        settings.get("pyramid_oauth.prefix") or "", at_once=False
    )
    settled = partial(_settle, config.registry, database, writes)
    config.action("standalone transactions", settled, order=LATE)
    settings["tm.activate_hook"] = lambda request: writes(request.environ)
    settings["tm.annotate_user"] = "false"
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    attempts = int(settings.get("retry.attempts") or ATTEMPTS)
    config.set_execution_policy(_execution_policy(writes, attempts))
    config.registry["standalone.database"] = database
    config.add_request_method(_session, "dbsession", reify=True)


def _settle(registry: Any, database: Database, writes: TransactionPolicy) -> None:
    """Where models of other kinds are named, one statement may not be enough."""
    consumption = registry[SERVER].repositories.consumption
    is_able = database.writer.dialect.name == "postgresql"
    writes.at_once = is_able and consumption.never_takes_steps


def _execution_policy(writes: TransactionPolicy, attempts: int) -> Any:
    """Attempt a transaction several times, and what has none once."""
    retrying = RetryableExecutionPolicy(attempts)

    def attempt(environ: dict[str, Any], router: Any) -> Any:
        policy = retrying if writes(environ) else default_execution_policy
        return policy(environ, router)

    return attempt


def _session(request: Request) -> LazySession:
    database: Database = request.registry["standalone.database"]
    return database.work(request)
