"""Prepared statements on the driver's cursor behave as SQLAlchemy's do."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from threading import Thread
from types import SimpleNamespace
from uuid import UUID
from weakref import ref

import pytest
from pyramid.request import Request
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Enum,
    Integer,
    MetaData,
    Numeric,
    Row,
    String,
    Table,
    Uuid,
    bindparam,
    create_engine,
    event,
    insert,
    literal,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from pyramid_oauth.database import execute_on, fetch_one, prepared
from pyramid_oauth.fast_session.database import Database
from pyramid_oauth.fast_session.unit_of_work import ConnectionDataManager, LazySession
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.standalone.database import engines

pytestmark = pytest.mark.postgresql

THING = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", String(40), unique=True),
    Column("at", UtcDateTime),
    Column("known", JSON),
    Column("price", Numeric(8, 2)),
    Column("kind", Enum("small", "large", native_enum=False)),
    Column("is_live", Boolean),
    Column("count", Integer),
)
ISOLATION = "sqlalchemy.isolation_level"
NAMES = [column.name for column in THING.columns]
ADD = insert(THING).values({name: bindparam(name) for name in NAMES}).inline()
FIND = select(*THING.columns, literal("fix%ed").label("fixed")).where(
    THING.c.name == bindparam("called")
)
COUNT = update(THING).where(THING.c.count == bindparam("had")).values(count=7)
ROW = {
    "id": UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    "name": "50 % off: 'one'",
    "at": datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2))),
    "known": {"a": [1, None, "ä"]},
    "price": Decimal("12.50"),
    "kind": "large",
    "is_live": True,
    "count": 1,
}
EMPTY = {**dict.fromkeys(NAMES), "id": UUID(int=1), "name": "empty"}


@pytest.fixture(params=["psycopg", "psycopg2"])
def url(request, postgresql_url):
    name = f"postgresql+{request.param}"
    return make_url(postgresql_url).set(drivername=name).render_as_string(False)


@pytest.fixture
def database(url):
    made = Database(*engines({"sqlalchemy.url": url}))
    THING.metadata.create_all(made.writer)
    yield made
    made.dispose()


@pytest.fixture
def lean(database):
    with database.writing() as connection:
        yield connection


FIND_PREPARED = prepared(FIND)


def find(connection, name):
    """Return the row with a name, by the prepared statement."""
    session = SimpleNamespace(connection=lambda bind_arguments: connection, info={})
    return fetch_one(session, FIND_PREPARED, {"called": name})


def state_of(error):
    return getattr(error.orig, "sqlstate", None) or error.orig.pgcode


def test_values_are_stored_and_read_as_by_sqlalchemy(lean):
    for row in (ROW, EMPTY):
        assert execute_on(lean, prepared(ADD), row) == 1
    for row in (ROW, EMPTY):
        found = find(lean, row["name"])
        usual = lean.execute(FIND, {"called": row["name"]}).one()
        assert not isinstance(found, Row), "it is the driver's row"
        assert tuple(found) == tuple(usual)
        assert found._fields == usual._fields
        assert [type(value) for value in found] == [type(value) for value in usual]
    assert find(lean, "nobody") is None


def test_the_number_of_changed_rows_is_returned(lean):
    execute_on(lean, prepared(ADD), ROW)
    statement = prepared(COUNT)
    assert execute_on(lean, statement, {"had": 1}) == 1
    assert execute_on(lean, statement, {"had": 1}) == 0
    assert execute_on(lean, statement, {"had": 7}) == 1


def test_unprepared_statements_are_run_by_sqlalchemy(lean):
    assert lean.execute(text("SELECT 1")).scalar_one() == 1
    assert lean.execute(select(literal("a")), {}).all() == [("a",)]
    rows = [{**EMPTY, "id": UUID(int=2), "name": "b"}, EMPTY]
    execute_on(lean, prepared(ADD), rows)
    found = lean.execute(select(THING.c.name).order_by(THING.c.name)).scalars().all()
    assert found == ["b", "empty"]


def test_a_python_default_is_computed_for_each_row(lean):
    table = Table(
        "made",
        MetaData(),
        Column("id", Uuid, primary_key=True, default=lambda: UUID(int=len(made) + 1)),
        Column("name", String(40)),
    )
    made: list[str] = []
    table.create(lean)
    statement = prepared(insert(table).values(name=bindparam("name")).inline())
    for name in ("a", "b"):
        execute_on(lean, statement, {"name": name})
        made.append(name)
    assert lean.execute(select(table.c.id).order_by(table.c.id)).scalars().all() == [
        UUID(int=1),
        UUID(int=2),
    ]


def test_a_naive_datetime_is_refused(lean):
    with pytest.raises(ValueError, match="naive"):
        execute_on(
            lean, prepared(ADD), {**ROW, "at": datetime.now(UTC).replace(tzinfo=None)}
        )


def test_a_database_error_is_raised_as_sqlalchemys_error(database, lean):
    execute_on(lean, prepared(ADD), ROW)
    lean.commit()
    with pytest.raises(IntegrityError) as refused:
        execute_on(lean, prepared(ADD), {**EMPTY, "name": ROW["name"]})
    assert state_of(refused.value) == "23505"
    lean.rollback()
    assert find(lean, ROW["name"]) is not None


def test_a_serialization_failure_is_retried(url):
    database = Database(*engines({"sqlalchemy.url": url, ISOLATION: "REPEATABLE READ"}))
    THING.metadata.create_all(database.writer)
    with database.writing() as first, database.writing() as second:
        execute_on(second, prepared(ADD), ROW)
        second.commit()
        assert find(first, ROW["name"])
        execute_on(second, prepared(COUNT), {"had": 1})
        second.commit()
        with pytest.raises(OperationalError) as lost:
            execute_on(first, prepared(COUNT), {"had": 1})
    assert state_of(lost.value) == "40001"
    assert ConnectionDataManager(
        None, LazySession(Request.blank("/"), database)
    ).should_retry(lost.value)
    database.dispose()


@pytest.mark.parametrize("url", ["psycopg"], indirect=True)
@pytest.mark.parametrize("wanted", [True, False])
def test_statements_are_prepared_unless_disabled_for_a_pooler(url, wanted):
    settings = {"sqlalchemy.url": url}
    database = Database(*engines(settings, prepared_statements=wanted))
    THING.metadata.create_all(database.writer)
    for connection in (database.reading(), database.writing()):
        for _ in range(10):
            find(connection, "a")
        count = text("SELECT count(*) FROM pg_prepared_statements")
        assert connection.execute(count).scalar_one() == int(wanted)
        connection.close()
    database.dispose()


def test_a_statement_takes_part_in_transactions_and_savepoints(database, lean):
    execute_on(lean, prepared(ADD), ROW)
    savepoint = lean.begin_nested()
    execute_on(lean, prepared(ADD), EMPTY)
    savepoint.rollback()
    assert find(lean, "empty") is None
    assert find(database.reading(), ROW["name"]) is None
    lean.commit()
    assert find(database.reading(), ROW["name"])


def test_a_lost_connection_is_replaced(database):
    held = database.reading()
    pid = held.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.writer.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with pytest.raises(DBAPIError) as cut:
        find(held, "a")
    assert cut.value.connection_invalidated
    assert "already closed" not in str(cut.value.__cause__)
    assert database.reading() is not held
    assert find(database.reading(), "a") is None


def test_event_listeners_receive_prepared_statements(database):
    seen = []
    event.listen(
        database.reader,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest: seen.append(statement),
    )
    find(database.reading(), "a")
    assert len(seen) == 1
    assert seen[0].startswith("SELECT thing.id")


def test_error_listeners_receive_errors_of_prepared_statements(database, lean):
    seen = []
    event.listen(database.writer, "handle_error", seen.append)
    execute_on(lean, prepared(ADD), ROW)
    with pytest.raises(IntegrityError):
        execute_on(lean, prepared(ADD), ROW)
    assert [state_of(context.sqlalchemy_exception) for context in seen] == ["23505"]
    assert seen[0].statement.startswith("INSERT INTO thing")


def test_echo_logs_prepared_statements(url, caplog):
    database = Database(*engines({"sqlalchemy.url": url, "sqlalchemy.echo": "true"}))
    THING.metadata.create_all(database.writer)
    caplog.clear()
    find(database.reading(), "a")
    assert any("SELECT thing.id" in record.message for record in caplog.records)
    database.dispose()


def test_plans_end_with_their_engine(url):
    engine = create_engine(url)
    dialect = ref(engine.dialect)
    with engine.begin() as connection:
        THING.create(connection)
        execute_on(connection, prepared(ADD), ROW)
    engine.dispose()
    del engine, connection
    gc.collect()
    assert dialect() is None


def test_a_translated_schema_is_respected(lean):
    lean.execute(text("CREATE SCHEMA other"))
    lean.execute(text("CREATE TABLE other.thing (LIKE thing)"))
    execute_on(lean, prepared(ADD), ROW)
    elsewhere = lean.execution_options(schema_translate_map={None: "other"})
    assert find(elsewhere, ROW["name"]) is None


def test_every_thread_has_its_own_connection(database):
    found = []

    def ask():
        found.append(database.reading())
        found.append(database.reading())

    threads = [Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(connection) for connection in found}) == 20
    database.dispose()
    assert all(connection.closed for connection in found)
