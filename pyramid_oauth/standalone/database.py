"""The engines of the ready-made server, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid_retry import mark_error_retryable
from sqlalchemy import Engine, engine_from_config, event
from sqlalchemy.engine import ExceptionContext, make_url

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.private_files import create_private_file

PREFIX = "sqlalchemy."

POSTGRESQL = {"pool_size": "5", "max_overflow": "10", "pool_recycle": "1800"}

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
)


def engines(
    settings: Mapping[str, Any], *, prepared_statements: bool = True
) -> tuple[Engine, Engine]:
    """Return an engine for transactions and one in autocommit, by `sqlalchemy.*`."""
    prepares = prepared_statements
    return (
        _engine(settings, transactional=True, prepares=prepares),
        _engine(settings, transactional=False, prepares=prepares),
    )


def _engine(
    settings: Mapping[str, Any], *, transactional: bool, prepares: bool
) -> Engine:
    url = make_url(settings[PREFIX + "url"])
    sqlite = url.get_backend_name() == "sqlite"
    defaults = {} if sqlite else POSTGRESQL
    options: dict[str, Any] = {PREFIX + name: value for name, value in defaults.items()}
    # An error would otherwise put them, hashes of passwords too, into the log.
    options[PREFIX + "hide_parameters"] = "true"
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
    create_private_file(Path(path))
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
    # Another writer holds the lock for longer than busy_timeout: a retry may succeed.
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
    config.include("pyramid_oauth.fast_session")
    config.add_oauth_fast_session(*engines(settings, prepared_statements=prepares))
