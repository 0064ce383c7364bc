"""Prepared statements run on the driver's cursor, with the results of SQLAlchemy."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from json import loads
from threading import Thread
from types import SimpleNamespace
from uuid import UUID
from weakref import ref

import pytest
from psycopg.types.json import set_json_loads
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
from sqlalchemy.exc import DBAPIError, IntegrityError

from pyramid_oauth.database import execute_on, fetch_one, prepared
from pyramid_oauth.fast_session.database import Database
from pyramid_oauth.models.columns import UtcDateTime
from pyramid_oauth.prepared_statements import execution
from pyramid_oauth.standalone.database import engines
from tests.support.repetitions import repeat_after

pytestmark = pytest.mark.postgresql

ITEM = Table(
    "item",
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
COLUMN_NAMES = [column.name for column in ITEM.columns]
INSERT = insert(ITEM).values({name: bindparam(name) for name in COLUMN_NAMES}).inline()
SELECT = select(*ITEM.columns, literal("fix%ed").label("fixed")).where(
    ITEM.c.name == bindparam("searched_name")
)
UPDATE = update(ITEM).where(ITEM.c.count == bindparam("old_count")).values(count=7)
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
EMPTY_ROW = {**dict.fromkeys(COLUMN_NAMES), "id": UUID(int=1), "name": "empty"}


@pytest.fixture(params=["psycopg", "psycopg2"])
def url(request, postgresql_url):
    name = f"postgresql+{request.param}"
    return make_url(postgresql_url).set(drivername=name).render_as_string(False)


@pytest.fixture
def database(url):
    database = Database(*engines({"sqlalchemy.url": url}))
    ITEM.metadata.create_all(database.writer)
    yield database
    database.dispose()


@pytest.fixture
def connection(database):
    with database.writer.connect() as connection:
        yield connection


@pytest.fixture(params=["AUTOCOMMIT", "READ COMMITTED"])
def isolation_level(request):
    """Statements that commit at once are executed without the driver's cursor."""
    return request.param


def connect(engine, isolation_level):
    return engine.connect().execution_options(isolation_level=isolation_level)


PREPARED_SELECT = prepared(SELECT)


def find_row(connection, name):
    """The row with that name, by the prepared statement."""
    session = SimpleNamespace(connection=lambda bind_arguments: connection, info={})
    return fetch_one(session, PREPARED_SELECT, {"searched_name": name})


def find_sqlstate(error):
    return getattr(error.orig, "sqlstate", None) or error.orig.pgcode


def test_values_are_stored_and_read_as_by_sqlalchemy(connection):
    for row in (ROW, EMPTY_ROW):
        assert execute_on(connection, prepared(INSERT), row) == 1
    for row in (ROW, EMPTY_ROW):
        found_row = find_row(connection, row["name"])
        expected_row = connection.execute(SELECT, {"searched_name": row["name"]}).one()
        assert not isinstance(found_row, Row), "it is the driver's row"
        assert tuple(found_row) == tuple(expected_row)
        assert found_row._fields == expected_row._fields
        assert [type(value) for value in found_row] == [
            type(value) for value in expected_row
        ]
    assert find_row(connection, "nobody") is None


@pytest.mark.parametrize(
    "value",
    repeat_after(
        5,
        [
            {"list": [1, -1, 2.5, True, None, "ä", "\\"], "object": {}},
            2**63 - 1,
            -(2**63),
            2**64,
            -(2**63) - 1,
            {"number": 10**400, "text": "9" * 40},
            [1e300, -0.0, 0.1],
            {"half a character": "\ud800"},
        ],
    ),
    ids=["mixed", "64", "-64", "65", "-65", "long", "floats", "surrogate"],
)
def test_json_is_read_as_by_the_standard_library(database, isolation_level, value):
    with connect(database.writer, isolation_level) as connection:
        execute_on(connection, prepared(INSERT), {**ROW, "known": value})
        found = find_row(connection, ROW["name"]).known
        assert (found, repr(found)) == (value, repr(value))


def test_the_json_reader_of_an_engine_is_kept(postgresql_url, isolation_level):
    engine = create_engine(
        postgresql_url, json_deserializer=lambda text: ("by the host", text)
    )
    ITEM.metadata.create_all(engine)
    with connect(engine, isolation_level) as connection:
        execute_on(connection, prepared(INSERT), ROW)
        assert find_row(connection, ROW["name"]).known[0] == "by the host"
    engine.dispose()


def test_the_json_reader_that_a_host_sets_for_the_driver_is_kept(
    postgresql_url, isolation_level
):
    engine = create_engine(
        make_url(postgresql_url).set(drivername="postgresql+psycopg")
    )

    @event.listens_for(engine, "connect")
    def read_decimals(driver_connection, _):
        set_json_loads(lambda text: loads(text, parse_float=Decimal), driver_connection)

    ITEM.metadata.create_all(engine)
    with connect(engine, isolation_level) as connection:
        execute_on(connection, prepared(INSERT), {**ROW, "known": [0.1]})
        assert find_row(connection, ROW["name"]).known == [Decimal("0.1")]
        rows = connection.exec_driver_sql("SELECT '[0.5]'::json")
        assert rows.scalar_one() == [Decimal("0.5")]
    engine.dispose()


def test_other_statements_of_a_connection_read_json_as_before(connection):
    execute_on(connection, prepared(INSERT), {**ROW, "known": None})
    find_row(connection, ROW["name"])
    rows = connection.exec_driver_sql("SELECT '[18446744073709551616]'::json")
    assert rows.scalar_one() == [2**64]


def test_the_number_of_changed_rows_is_returned(connection):
    execute_on(connection, prepared(INSERT), ROW)
    statement = prepared(UPDATE)
    assert execute_on(connection, statement, {"old_count": 1}) == 1
    assert execute_on(connection, statement, {"old_count": 1}) == 0
    assert execute_on(connection, statement, {"old_count": 7}) == 1


def test_unprepared_statements_are_run_by_sqlalchemy(connection):
    assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert connection.execute(select(literal("a")), {}).all() == [("a",)]
    rows = [{**EMPTY_ROW, "id": UUID(int=2), "name": "b"}, EMPTY_ROW]
    execute_on(connection, prepared(INSERT), rows)
    found_names = (
        connection.execute(select(ITEM.c.name).order_by(ITEM.c.name)).scalars().all()
    )
    assert found_names == ["b", "empty"]


def test_a_python_default_is_computed_for_each_row(connection):
    table = Table(
        "generated",
        MetaData(),
        Column(
            "id",
            Uuid,
            primary_key=True,
            default=lambda: UUID(int=len(inserted_names) + 1),
        ),
        Column("name", String(40)),
    )
    inserted_names: list[str] = []
    table.create(connection)
    statement = prepared(insert(table).values(name=bindparam("name")).inline())
    for name in ("a", "b"):
        execute_on(connection, statement, {"name": name})
        inserted_names.append(name)
    assert connection.execute(
        select(table.c.id).order_by(table.c.id)
    ).scalars().all() == [
        UUID(int=1),
        UUID(int=2),
    ]


def test_a_naive_datetime_is_refused(connection):
    with pytest.raises(ValueError, match="naive"):
        execute_on(
            connection,
            prepared(INSERT),
            {**ROW, "at": datetime.now(UTC).replace(tzinfo=None)},
        )


def test_a_database_error_is_raised_as_sqlalchemys_error(database, connection):
    execute_on(connection, prepared(INSERT), ROW)
    connection.commit()
    with pytest.raises(IntegrityError) as caught:
        execute_on(connection, prepared(INSERT), {**EMPTY_ROW, "name": ROW["name"]})
    assert find_sqlstate(caught.value) == "23505"
    connection.rollback()
    assert find_row(connection, ROW["name"]) is not None


@pytest.mark.parametrize("url", ["psycopg"], indirect=True)
@pytest.mark.parametrize("is_prepared", [True, False])
def test_statements_are_prepared_unless_disabled_for_a_pooler(url, is_prepared):
    settings = {"sqlalchemy.url": url}
    database = Database(*engines(settings, prepared_statements=is_prepared))
    ITEM.metadata.create_all(database.writer)
    for connection in (database.reading(), database.writer.connect()):
        for _ in range(10):
            find_row(connection, "a")
        count = text("SELECT count(*) FROM pg_prepared_statements")
        assert connection.execute(count).scalar_one() == int(is_prepared)
        connection.close()
    database.dispose()


def test_a_statement_takes_part_in_transactions_and_savepoints(database, connection):
    execute_on(connection, prepared(INSERT), ROW)
    savepoint = connection.begin_nested()
    execute_on(connection, prepared(INSERT), EMPTY_ROW)
    savepoint.rollback()
    assert find_row(connection, "empty") is None
    assert find_row(database.reading(), ROW["name"]) is None
    connection.commit()
    assert find_row(database.reading(), ROW["name"])


def test_a_lost_connection_is_replaced(database):
    lost_connection = database.reading()
    pid = lost_connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.writer.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with pytest.raises(DBAPIError) as caught:
        find_row(lost_connection, "a")
    assert caught.value.connection_invalidated
    assert "already closed" not in str(caught.value.__cause__)
    assert database.reading() is not lost_connection
    assert find_row(database.reading(), "a") is None


def test_event_listeners_receive_prepared_statements(database):
    received_statements = []
    event.listen(
        database.reader,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest: received_statements.append(
            statement
        ),
    )
    find_row(database.reading(), "a")
    assert len(received_statements) == 1
    assert received_statements[0].startswith("SELECT item.id")


def test_a_listener_added_later_receives_statements_within_a_second(
    connection, database, monkeypatch
):
    moment = 1000.0
    monkeypatch.setattr(execution, "LISTENERS_KNOWN_FOR", 1.0)
    monkeypatch.setattr(execution, "monotonic", lambda: moment)
    find_row(connection, "a")
    received_statements = []
    event.listen(
        database.writer,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest: received_statements.append(
            statement
        ),
    )
    moment += 0.9
    find_row(connection, "a")
    assert received_statements == []
    moment += 0.1
    find_row(connection, "a")
    assert len(received_statements) == 1


@pytest.mark.parametrize("url", ["psycopg"], indirect=True)
def test_a_discarded_prepared_statement_is_prepared_again(database):
    connection = database.reading()
    execute_on(connection, prepared(INSERT), ROW)
    assert find_row(connection, ROW["name"])
    connection.execute(text("DEALLOCATE ALL"))
    assert find_row(connection, ROW["name"])


@pytest.mark.parametrize("url", ["psycopg"], indirect=True)
def test_a_transaction_survives_the_end_of_the_one_before(connection):
    for _ in range(8):
        # psycopg discards its prepared statements at a rollback.
        find_row(connection, "a")
        connection.execute(text("SELECT 1"))
        connection.rollback()


@pytest.mark.parametrize("url", ["psycopg"], indirect=True)
def test_the_isolation_level_of_an_engine_is_kept(database):
    engine = database.writer.execution_options(isolation_level="SERIALIZABLE")
    with engine.connect() as connection:
        find_row(connection, "a")
        level = text("SHOW transaction_isolation")
        assert connection.execute(level).scalar_one() == "serializable"


@pytest.mark.parametrize("url", ["psycopg"], indirect=True)
def test_a_text_with_a_percent_sign_and_a_repeated_parameter(connection):
    statement = prepared(
        select(literal("100 %"), bindparam("word", type_=String()).label("word")).where(
            bindparam("word", type_=String()) != bindparam("other", type_=String())
        )
    )
    session = SimpleNamespace(connection=lambda bind_arguments: connection, info={})
    for word in ("50 %", "%(word)s"):
        found = fetch_one(session, statement, {"word": word, "other": "$1"})
        assert tuple(found) == ("100 %", word)


def test_error_listeners_receive_errors_of_prepared_statements(database, connection):
    contexts = []
    event.listen(database.writer, "handle_error", contexts.append)
    execute_on(connection, prepared(INSERT), ROW)
    with pytest.raises(IntegrityError):
        execute_on(connection, prepared(INSERT), ROW)
    assert [find_sqlstate(context.sqlalchemy_exception) for context in contexts] == [
        "23505"
    ]
    assert contexts[0].statement.startswith("INSERT INTO item")


def test_echo_logs_prepared_statements(url, caplog):
    database = Database(*engines({"sqlalchemy.url": url, "sqlalchemy.echo": "true"}))
    ITEM.metadata.create_all(database.writer)
    caplog.clear()
    find_row(database.reading(), "a")
    assert any("SELECT item.id" in record.message for record in caplog.records)
    database.dispose()


@pytest.mark.slow
def test_plans_end_with_their_engine(url):
    engine = create_engine(url)
    dialect = ref(engine.dialect)
    with engine.begin() as connection:
        ITEM.create(connection)
        execute_on(connection, prepared(INSERT), ROW)
    engine.dispose()
    del engine, connection
    gc.collect()
    assert dialect() is None


def test_a_translated_schema_is_respected(connection):
    connection.execute(text("CREATE SCHEMA other"))
    connection.execute(text("CREATE TABLE other.item (LIKE item)"))
    execute_on(connection, prepared(INSERT), ROW)
    translated_connection = connection.execution_options(
        schema_translate_map={None: "other"}
    )
    assert find_row(translated_connection, ROW["name"]) is None


def test_every_thread_has_its_own_connection(database):
    connections = []

    def open_twice():
        connections.append(database.reading())
        connections.append(database.reading())

    threads = [Thread(target=open_twice) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(connection) for connection in connections}) == 20
    database.dispose()
    assert all(connection.closed for connection in connections)
