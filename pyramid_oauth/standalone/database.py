"""The engines of the ready-made server, on SQLite or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from sqlalchemy import URL, Connection, Engine, engine_from_config, event
from sqlalchemy.engine import make_url

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.private_files import create_private_file

PREFIX = "sqlalchemy."

POSTGRESQL = {
    "pool_size": "5",
    "max_overflow": "10",
    "pool_recycle": "1800",
    # Seconds to wait for a connection of the pool.
    "pool_timeout": "5",
    # Connections that a restart of the database cut leave the pool.
    "pool_pre_ping": "true",
}

CONNECT_TIMEOUT = 3
"""Seconds to wait for a connection to PostgreSQL."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
)


@dataclass(frozen=True, kw_only=True)
class TimeLimits:
    """How long PostgreSQL may take, in seconds; 0 leaves it to the database."""

    statement: int = 10
    lock: int = 3

    @property
    def options(self) -> str:
        """The options of a session of PostgreSQL (libpq `options`).

        In the time zone UTC the driver reads times without tables of time zones.
        """
        limits = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.statement,
        }
        given = [f"-c {name}={limits[name] * 1000}" for name in limits if limits[name]]
        return " ".join(["-c timezone=UTC", *given])


DEFAULT_LIMITS = TimeLimits()


def engines(
    settings: Mapping[str, Any],
    *,
    prepared_statements: bool = True,
    limits: TimeLimits = DEFAULT_LIMITS,
) -> tuple[Engine, Engine]:
    """Return an engine for transactions and one in autocommit, by `sqlalchemy.*`."""
    url = make_url(settings[PREFIX + "url"])
    arguments = _connect_args(url, prepared_statements, limits)
    return (
        _engine(settings, url, arguments, transactional=True),
        _engine(settings, url, arguments, transactional=False),
    )


def _connect_args(url: URL, prepares: bool, limits: TimeLimits) -> dict[str, Any]:
    """What the driver is given beside the URL; the URL may say otherwise."""
    if url.get_backend_name() != "postgresql":
        return {}
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT}
    if not prepares and url.get_driver_name() == "psycopg":  # psycopg2 never does
        arguments["prepare_threshold"] = None
    if prepares:
        arguments["options"] = limits.options
    return {name: arguments[name] for name in arguments if name not in url.query}


def _engine(
    settings: Mapping[str, Any],
    url: URL,
    connect_args: dict[str, Any],
    *,
    transactional: bool,
) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    defaults = {} if sqlite else POSTGRESQL
    options: dict[str, Any] = {PREFIX + name: value for name, value in defaults.items()}
    # An error would otherwise put them, hashes of passwords too, into the log.
    options[PREFIX + "hide_parameters"] = "true"
    options.update(settings)
    if connect_args:
        options[PREFIX + "connect_args"] = connect_args
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
    create_private_file(Path(path))
    event.listen(engine, "connect", _on_connect)
    if transactional:
        event.listen(engine, "begin", _begin)


def _on_connect(connection: sqlite3.Connection, record: object) -> None:
    # None keeps the driver from opening transactions of its own, too late.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes then fails at once where another one
    # wrote in between; taking the write lock at the start makes it wait instead.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def includeme(config: Configurator) -> None:
    """Give every request a `dbsession`."""
    settings = config.get_settings()
    if not settings.get(PREFIX + "url"):
        raise ConfigurationError("sqlalchemy.url is missing")
    given = config.registry["standalone.options"]
    config.include("pyramid_oauth.fast_session")
    config.add_oauth_fast_session(
        *engines(
            settings,
            prepared_statements=given.prepared_statements,
            limits=TimeLimits(
                statement=given.statement_timeout, lock=given.lock_timeout
            ),
        )
    )
