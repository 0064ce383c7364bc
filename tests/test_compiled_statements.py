"""Engines of one process share compiled statements, if their dialects are alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import JSON, Engine, bindparam, create_engine, event, literal, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

NewEngine = Callable[..., Engine]


class Base(DeclarativeBase):
    """The base of the tests below."""


class Parcel(Base):
    """A row with a JSON document."""

    __tablename__ = "parcel"

    id: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


@pytest.fixture
def compiled() -> list[object]:
    """The compiled statements that were executed, one after the other."""
    return []


@pytest.fixture
def new_counted_engine(compiled: list[object]) -> NewEngine:
    """Make engines that append each compiled statement to `compiled`."""

    def record(*arguments: Any) -> None:
        compiled.append(arguments[4].compiled)

    def new(**options: Any) -> Engine:
        options = {"url": "sqlite://", **options}
        engine = create_engine(**options)
        Base.metadata.create_all(engine)
        event.listen(engine, "before_cursor_execute", record)
        return engine

    return new


def store(engine: Engine, **content: object) -> dict[str, Any]:
    """Store a document and return what the database has."""
    with Session(engine) as session:
        session.add(Parcel(id=1, content=content))
        session.commit()
        return session.scalars(select(Parcel)).one().content


def test_a_statement_is_compiled_once_for_two_databases(new_counted_engine, compiled):
    for number in (1, 2):
        assert store(new_counted_engine(), number=number) == {"number": number}
    insert, read, same_insert, same_read = compiled
    assert (same_insert, same_read) == (insert, read)
    assert str(insert).startswith("INSERT INTO parcel")


def test_parameters_of_an_earlier_statement_are_not_kept(new_counted_engine):
    for value in ("a", "b"):
        with closing(new_counted_engine().connect()) as connection:
            statement = select(literal(value), bindparam("other", value))
            assert connection.execute(statement).one() == (value, value)


def test_engines_that_write_json_differently_share_nothing(
    new_counted_engine, compiled
):
    def sorted_json(value: object) -> str:
        return json.dumps({"sorted": True, **value})

    store(new_counted_engine(), a=1)
    other = new_counted_engine(json_serializer=sorted_json)
    assert store(other, a=1) == {"sorted": True, "a": 1}
    assert len({id(each) for each in compiled}) == len(compiled)


@pytest.mark.postgresql
def test_databases_of_another_make_share_nothing(
    new_counted_engine, compiled, postgresql_url
):
    store(new_counted_engine(), a=1)
    engine = new_counted_engine(url=postgresql_url)
    assert store(engine, a=1) == {"a": 1}
    engine.dispose()
    assert len({id(each) for each in compiled}) == len(compiled)
