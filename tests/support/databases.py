"""Databases for every test: SQLite always, PostgreSQL where a server answers.

The server is the one in PYRAMID_OAUTH_TEST_POSTGRESQL (an SQLAlchemy URL of a
database that exists), else the one on 127.0.0.1:5432.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.support.examples import at_most
from tests.support.postgresql import (
    TABLES,
    VARIABLE,
    SpareDatabases,
    administration_url,
)

# A busy machine is no failure.
settings.register_profile(
    "tests",
    deadline=None,
    max_examples=at_most(100),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")


@event.listens_for(Engine, "connect")
def _disable_syncing(connection: Any, record: object) -> None:
    """Leave out fsync: the rows of a test need not survive a power failure."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@cache
def postgresql_problem() -> str | None:
    """Why PostgreSQL cannot be used here, or None."""
    try:
        engine = create_engine(
            administration_url(),
            poolclass=NullPool,
            connect_args={"connect_timeout": 30},
        )
        with engine.connect():
            return None
    except ImportError as error:
        return f"no driver: {error}"
    except OperationalError as error:
        return str(error.orig).strip().splitlines()[0]


ENGINE_PARAMETERS = ("database_engine", "engine_name")
"""Parameters that name the engine of a test which runs on both."""


def find_parameters(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def needs_postgresql(item: pytest.Item) -> bool:
    engine = find_parameters(item).get("database_engine")
    requests_database = "new_postgresql" in getattr(item, "fixturenames", ())
    has_marker = item.get_closest_marker("postgresql") is not None
    return engine == "postgresql" or requests_database or has_marker


def mark_repetitions(items: list[pytest.Item]) -> None:
    """Mark the tests that PostgreSQL repeats, but for the first one of each folder.

    In the quick suite they run on SQLite, in `make test-all` on both. Tests that are
    about PostgreSQL run in either.
    """
    folders = set()
    for item in items:
        parameters = find_parameters(item)
        if "postgresql" not in map(parameters.get, ENGINE_PARAMETERS):
            continue
        if item.path.parent in folders:
            item.add_marker("repeated")
        folders.add(item.path.parent)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL; skip it without one, but not in CI: fail there."""
    mark_repetitions(items)
    items_with_postgresql = [item for item in items if needs_postgresql(item)]
    for item in items_with_postgresql:
        item.add_marker("postgresql")
    problem = postgresql_problem() if items_with_postgresql else None
    if problem is None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"CI needs PostgreSQL ({VARIABLE}): {problem}")
    for item in items_with_postgresql:
        item.add_marker(pytest.mark.skip(reason="no PostgreSQL server answers"))


@given(strategies.none())
@settings(max_examples=1, database=None, derandomize=True)
def start_hypothesis(value: None) -> None:
    """Let Hypothesis register its random generator."""


def pytest_collection_finish() -> None:
    """Keep the garbage collector off long-lived objects: a third of a host's set-up.

    Hypothesis registers its generator first: it warns about one whose owner it does
    not find, and it finds no frozen one.
    """
    start_hypothesis()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_sessionfinish() -> None:
    """Spare pytest four of its five last collections what this one has looked at."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report once, at the end, that PostgreSQL tests were skipped."""
    skipped = terminalreporter.stats.get("skipped", [])
    # A module that is skipped as a whole has no keywords.
    count = sum("postgresql" in getattr(report, "keywords", ()) for report in skipped)
    if count and (problem := postgresql_problem()):
        terminalreporter.write_line(
            f"PostgreSQL: {count} tests SKIPPED, no server answers; set {VARIABLE} "
            f"({problem})"
        )


@pytest.fixture(scope="session")
def spare_databases() -> Iterator[SpareDatabases]:
    spare = SpareDatabases()
    yield spare
    spare.drop()


@pytest.fixture
def new_postgresql(spare_databases: SpareDatabases) -> Iterator[Callable[[], str]]:
    """Give empty databases on PostgreSQL, as many as the test asks for."""
    with _lend(spare_databases, spare_databases.take) as new:
        yield new


@contextmanager
def _lend(
    spare: SpareDatabases, take: Callable[[], str]
) -> Iterator[Callable[[], str]]:
    with ExitStack() as stack:

        def new() -> str:
            url = take()
            stack.callback(spare.give_back, url)
            return url

        yield new


@pytest.fixture
def postgresql_url(new_postgresql: Callable[[], str]) -> str:
    """The URL of an empty PostgreSQL database; mark the test with `postgresql`."""
    return new_postgresql()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine; each test that asks runs once for each."""
    return str(request.param)


@pytest.fixture
def database_url(
    database_engine: str, request: pytest.FixtureRequest, tmp_path: os.PathLike[str]
) -> str:
    """The URL of an empty database, once on SQLite (a file), once on PostgreSQL."""
    if database_engine == "sqlite":
        return f"sqlite:///{os.fspath(tmp_path)}/test.sqlite"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our default tables, to be copied."""
    path = tmp_path_factory.mktemp("tables") / "empty.sqlite"
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    TABLES.create_all(engine)
    return path


@pytest.fixture
def tables_url(
    database_engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """As `database_url`, but our default tables are there, without rows.

    Creating them takes longer than most tests; tests that alter them must not use it.
    """
    if database_engine == "sqlite":
        path = tmp_path / "test.sqlite"
        copyfile(request.getfixturevalue("sqlite_with_tables"), path)
        yield f"sqlite:///{path}"
        return
    spare = request.getfixturevalue("spare_databases")
    with _lend(spare, spare.take_with_tables) as new:
        yield new()


@pytest.fixture
def recorded_statements() -> Iterator[list[str]]:
    """The statements of this thread from now on, at all engines.

    Some hosts have a second pool, and the outbox of an earlier host may still run.
    """
    statements: list[str] = []
    recorded_thread = threading.get_ident()

    def record(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if threading.get_ident() == recorded_thread:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    yield statements
    event.remove(Engine, "before_cursor_execute", record)
    # SQLAlchemy still looks for listeners at every engine, which disables our plans.
    Engine._has_events = False
