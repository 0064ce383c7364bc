"""Databases on PostgreSQL that the tests use one after the other."""

from __future__ import annotations

import os
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from pyramid_oauth.config.build import declared

VARIABLE = "PYRAMID_OAUTH_TEST_POSTGRESQL"
DEFAULT = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


def administration_url() -> URL:
    return make_url(os.environ.get(VARIABLE) or DEFAULT)


def execute_as_administrator(statement: str) -> None:
    engine = create_engine(
        administration_url(), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))


@contextmanager
def empty_postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, which is dropped in the end."""
    name = f"pyramid_oauth_test_{uuid.uuid4().hex}"
    execute_as_administrator(f'CREATE DATABASE "{name}" TEMPLATE template0')
    execute_as_administrator(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    try:
        yield administration_url().set(database=name).render_as_string(False)
    finally:
        execute_as_administrator(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


TABLES = declared({}).models.metadata

MOST_OPEN = 4
"""Connections that stay open: of the databases that were cleaned last."""


class SpareDatabases:
    """Databases on PostgreSQL that one test after the other uses.

    Emptying one costs a twentieth of making and dropping it, which syncs to the disk;
    deleting rows costs a hundredth of making and dropping the tables.
    """

    def __init__(self) -> None:
        self._created = ExitStack()
        self._engines: OrderedDict[str, Engine] = OrderedDict()
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
        self._engines.move_to_end(url)
        if len(self._engines) > MOST_OPEN:
            self._engines.popitem(last=False)[1].dispose()
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
