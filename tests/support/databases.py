"""Databases for every test: SQLite always, PostgreSQL where a server answers.

The server is the one in PYRAMID_OAUTH_TEST_POSTGRESQL (an SQLAlchemy URL of a
database that exists), else the one on 127.0.0.1:5432.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from pyramid_oauth.config.build import declared
from tests.support.examples import at_most

TABLES = declared({}).models.metadata

VARIABLE = "PYRAMID_OAUTH_TEST_POSTGRESQL"
# A table of more rows runs with its first one on PostgreSQL in the quick suite.
FEW_ROWS = 4
DEFAULT = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"

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


def _administration_url() -> URL:
    return make_url(os.environ.get(VARIABLE) or DEFAULT)


@cache
def postgresql_problem() -> str | None:
    """Why PostgreSQL cannot be used here, or None."""
    try:
        engine = create_engine(
            _administration_url(),
            poolclass=NullPool,
            connect_args={"connect_timeout": 30},
        )
        with engine.connect():
            return None
    except ImportError as error:
        return f"no driver: {error}"
    except OperationalError as error:
        return str(error.orig).strip().splitlines()[0]


def parameters_of(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def needs_postgresql(item: pytest.Item) -> bool:
    engine = parameters_of(item).get("database_engine")
    requests_database = "new_postgresql" in getattr(item, "fixturenames", ())
    has_marker = item.get_closest_marker("postgresql") is not None
    return engine == "postgresql" or requests_database or has_marker


def mark_repeated_rows(items: list[pytest.Item]) -> None:
    """Mark rows of long tables that take on PostgreSQL the path of the first row.

    All rows run on SQLite in the quick suite, and on both in `make test-all`.
    """
    rows: dict[str, list[pytest.Item]] = {}
    for item in items:
        if parameters_of(item).get("database_engine") == "postgresql":
            rows.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for table in rows.values():
        if len(table) > FEW_ROWS:
            for item in table[1:]:
                item.add_marker("repeated")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL; skip it without one, but not in CI: fail there."""
    mark_repeated_rows(items)
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


def pytest_collection_finish() -> None:
    """Keep the garbage collector off long-lived objects: a third of a host's set-up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report once, at the end, that PostgreSQL tests were skipped."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum("postgresql" in report.keywords for report in skipped)
    if count and (problem := postgresql_problem()):
        terminalreporter.write_line(
            f"PostgreSQL: {count} tests SKIPPED, no server answers; set {VARIABLE} "
            f"({problem})"
        )


def _execute_as_administrator(statement: str) -> None:
    engine = create_engine(
        _administration_url(), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))


@contextmanager
def empty_postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, which is dropped in the end."""
    name = f"pyramid_oauth_test_{uuid.uuid4().hex}"
    _execute_as_administrator(f'CREATE DATABASE "{name}" TEMPLATE template0')
    _execute_as_administrator(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    try:
        yield _administration_url().set(database=name).render_as_string(False)
    finally:
        _execute_as_administrator(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class SpareDatabases:
    """Databases on PostgreSQL that one test after the other uses.

    Emptying one costs a twentieth of making and dropping it, which syncs to the disk;
    deleting rows costs a hundredth of making and dropping the tables.
    """

    def __init__(self) -> None:
        self._created = ExitStack()
        self._engines: dict[str, Engine] = {}
        self._empty: list[str] = []
        self._with_tables: list[str] = []
        self._layout = ""

    def take(self) -> str:
        """The URL of an empty database."""
        if self._empty:
            return self._empty.pop()
        return self._created.enter_context(empty_postgresql())

    def take_with_tables(self) -> str:
        """The URL of a database with our default tables and no rows."""
        if self._with_tables:
            return self._with_tables.pop()
        url = self.take()
        with self._connected(url) as connection:
            TABLES.create_all(connection)
            self._layout = _layout(connection)
        return url

    def give_back(self, url: str) -> None:
        """End all connections; delete the rows, or tables that a test altered."""
        with self._connected(url) as connection:
            connection.exec_driver_sql(DISCONNECT_OTHERS)
            if self._layout and _layout(connection) == self._layout:
                connection.exec_driver_sql(DELETE_ALL)
                self._with_tables.append(url)
            else:
                _drop_all(connection)
                self._empty.append(url)

    def drop(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._created.close()

    @contextmanager
    def _connected(self, url: str) -> Iterator[Connection]:
        """A connection that stays open: connecting costs most of a clean-up."""
        if url not in self._engines:
            self._engines[url] = create_engine(
                url, pool_size=1, pool_pre_ping=True, isolation_level="AUTOCOMMIT"
            )
        with self._engines[url].connect() as connection:
            yield connection


def _drop_all(connection: Connection) -> None:
    for schema in connection.scalars(text(SCHEMAS)).all():
        connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
    connection.execute(text("CREATE SCHEMA public"))


def _layout(connection: Connection) -> str:
    """The schema as text: a database whose schema a test changed is emptied."""
    return "\n".join(connection.exec_driver_sql(LAYOUT).scalars())


# One statement: drivers prepare what comes often, and take no second one then.
DELETE_ALL = "DO $$ BEGIN {} END $$".format(
    "".join(f"DELETE FROM {table.name};" for table in reversed(TABLES.sorted_tables))
)
DISCONNECT_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
SCHEMAS = (
    "SELECT nspname FROM pg_namespace "
    "WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
)
LAYOUT = f"""
    WITH ours AS (
        SELECT c.oid, n.nspname || '.' || c.relname AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ({SCHEMAS})
    )
    SELECT concat_ws(' ', name, attname, atttypid, atttypmod, attnotnull, atthasdef)
    FROM ours JOIN pg_attribute ON attrelid = ours.oid WHERE attnum > 0
    UNION SELECT concat_ws(' ', name, conname) FROM ours JOIN pg_constraint
    ON conrelid = ours.oid
    UNION SELECT concat_ws(' ', name, tgname) FROM ours JOIN pg_trigger
    ON tgrelid = ours.oid WHERE NOT tgisinternal
    UNION {SCHEMAS}
    ORDER BY 1
"""


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
    """The statements of all engines from now on: some hosts have a second pool."""
    statements: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    yield statements
    event.remove(Engine, "before_cursor_execute", record)
    # SQLAlchemy still looks for listeners at every engine, which disables our plans.
    Engine._has_events = False
