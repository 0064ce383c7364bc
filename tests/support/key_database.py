"""A database with the signing keys alone, and its recorded statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from pyramid_oauth.keystore.models import AbstractSigningKey


class Base(DeclarativeBase):
    """The host's base."""


class SigningKey(AbstractSigningKey, Base):
    """The host's class."""


@contextmanager
def open_key_database() -> Iterator[Session]:
    """A session on a fresh database in memory."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@contextmanager
def record_statements(session: Session) -> Iterator[list[str]]:
    """The statements sent inside the block."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    statements: list[str] = []

    def record(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", record)
