"""Databases for every test: SQLite always, PostgreSQL where a server answers.

The server is the one in PYRAMID_OAUTH_TEST_POSTGRESQL (an SQLAlchemy URL of a
database that exists), else the one on 127.0.0.1:5432.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest
from hypothesis import settings
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

VARIABLE = "PYRAMID_OAUTH_TEST_POSTGRESQL"
DEFAULT = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"

# A busy machine is no failure.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def _administration() -> URL:
    return make_url(os.environ.get(VARIABLE) or DEFAULT)


@cache
def postgresql_problem() -> str | None:
    """Why PostgreSQL cannot be used here, or None."""
    try:
        engine = create_engine(
            _administration(), poolclass=NullPool, connect_args={"connect_timeout": 3}
        )
        with engine.connect():
            return None
    except ImportError as error:
        return f"no driver: {error}"
    except OperationalError as error:
        return str(error.orig).strip().splitlines()[0]


def needs_postgresql(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    engine = callspec.params.get("database_engine") if callspec else None
    asked = "new_postgresql" in getattr(item, "fixturenames", ())
    marked = item.get_closest_marker("postgresql") is not None
    return engine == "postgresql" or asked or marked


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL; skip it without one, but not in CI: fail there."""
    concerned = [item for item in items if needs_postgresql(item)]
    for item in concerned:
        item.add_marker("postgresql")
    problem = postgresql_problem() if concerned else None
    if problem is None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"CI needs PostgreSQL ({VARIABLE}): {problem}")
    for item in concerned:
        item.add_marker(pytest.mark.skip(reason="no PostgreSQL server answers"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, at the end, that tests were left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum("postgresql" in report.keywords for report in skipped)
    if count and (problem := postgresql_problem()):
        terminalreporter.write_line(
            f"PostgreSQL: {count} tests SKIPPED, no server answers; set {VARIABLE} "
            f"({problem})"
        )


def _administer(statement: str) -> None:
    engine = create_engine(
        _administration(), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))


@contextmanager
def empty_postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, which is dropped in the end."""
    name = f"pyramid_oauth_test_{uuid.uuid4().hex}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield _administration().set(database=name).render_as_string(False)
    finally:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class SpareDatabases:
    """Databases on PostgreSQL that one test after the other uses.

    Emptying one costs a twentieth of making and dropping it, which syncs to the disk.
    """

    def __init__(self) -> None:
        self._made = ExitStack()
        self._spare: list[str] = []

    def take(self) -> str:
        """The URL of an empty database."""
        if self._spare:
            return self._spare.pop()
        return self._made.enter_context(empty_postgresql())

    def give_back(self, url: str) -> None:
        """End what is still connected, and leave nothing of what was made."""
        database = make_url(url).database
        _administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database}'"
        )
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            for schema in connection.scalars(text(SCHEMAS)).all():
                connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
            connection.execute(text("CREATE SCHEMA public"))
        self._spare.append(url)

    def drop(self) -> None:
        self._made.close()


SCHEMAS = (
    "SELECT nspname FROM pg_namespace "
    "WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
)


@pytest.fixture(scope="session")
def spare_databases() -> Iterator[SpareDatabases]:
    spare = SpareDatabases()
    yield spare
    spare.drop()


@pytest.fixture
def new_postgresql(spare_databases: SpareDatabases) -> Iterator[Callable[[], str]]:
    """Give empty databases on PostgreSQL, as many as the test asks for."""
    taken: list[str] = []

    def new() -> str:
        taken.append(spare_databases.take())
        return taken[-1]

    yield new
    for url in taken:
        spare_databases.give_back(url)


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
