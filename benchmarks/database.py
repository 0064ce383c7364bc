"""A scratch PostgreSQL database, dropped at the end, and its CPU time.

Created beside the database named by ``--admin``; nothing else is touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from benchmarks import cpu


@contextmanager
def scratch(admin: str) -> Iterator[URL]:
    """Create a database with a random name, yield its URL, drop it."""
    url = make_url(admin)
    name = f"oauth_bench_{secrets.token_hex(4)}"
    execute(url, f'CREATE DATABASE "{name}"')
    try:
        yield url.set(database=name)
    finally:
        execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(url: URL, statement: str) -> None:
    """Run one statement in autocommit."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


def backends(url: URL) -> list[int]:
    """Return the process ids serving a database, if they run on this machine."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    query = text("SELECT pid FROM pg_stat_activity WHERE datname = :name")
    with engine.connect() as connection:
        found = connection.scalars(query, {"name": url.database}).all()
    return [pid for pid in found if cpu.name(pid) == "postgres"]
