"""Rate limits, counted in the database by all processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from pyramid_oauth.cleanup import purge
from pyramid_oauth.clock import frozen, now
from pyramid_oauth.config.build import declared
from pyramid_oauth.repositories.rate_limits import (
    RateLimits,
    is_local,
    key_of,
    limits_by_source,
    networks,
)
from tests.support.waiting import wait_until

WINDOW = 900


@pytest.fixture
def rate_limits(host):
    return host.wsgi.registry["pyramid_oauth.server"].repositories.rate_limits


@pytest.fixture
def host_session(host):
    with Session(host.engine) as session:
        yield session


def test_attempts_wait_at_the_limit_until_the_window_ends(rate_limits, host_session):
    limits = {key_of("a"): 2}
    assert [rate_limits.attempt(host_session, limits, WINDOW) for _ in range(2)] == [
        0,
        0,
    ]
    assert 0 < rate_limits.attempt(host_session, limits, WINDOW) <= WINDOW + 1
    assert rate_limits.seconds_to_wait(host_session, limits) > 0
    with frozen(now() + timedelta(seconds=WINDOW + 1)):
        assert rate_limits.seconds_to_wait(host_session, limits) == 0
        assert rate_limits.attempt(host_session, limits, WINDOW) == 0


def test_several_limits_take_one_statement(
    recorded_statements, rate_limits, host_session
):
    limits = {key_of("a"): 2, key_of("b"): 5, key_of("c"): 1}
    statements = recorded_statements
    host_session.connection()
    statements.clear()
    assert rate_limits.attempt(host_session, limits, WINDOW) == 0
    assert len(statements) == 1
    statements.clear()
    assert rate_limits.seconds_to_wait(host_session, limits) > 0
    assert len(statements) == 1


def test_a_refused_attempt_counts_under_no_other_key(rate_limits, host_session):
    full, other = {key_of("full"): 1}, {key_of("other"): 1}
    rate_limits.attempt(host_session, full, WINDOW)
    assert rate_limits.attempt(host_session, {**full, **other}, WINDOW) > 0
    assert rate_limits.attempt(host_session, other, WINDOW) == 0


def test_an_attempt_can_be_taken_back_and_a_key_reset(rate_limits, host_session):
    limits = {key_of("a"): 2}
    for _ in range(5):
        assert rate_limits.attempt(host_session, limits, WINDOW) == 0
        rate_limits.take_back(host_session, limits)
    for _ in range(2):
        rate_limits.attempt(host_session, limits, WINDOW)
    rate_limits.reset(host_session, limits)
    assert rate_limits.attempt(host_session, limits, WINDOW) == 0


def test_counted_attempts_survive_a_rollback(rate_limits, host_session):
    limits = {key_of("a"): 1}
    assert rate_limits.attempt(host_session, limits, WINDOW) == 0
    host_session.rollback()
    assert rate_limits.attempt(host_session, limits, WINDOW) > 0


def test_a_session_that_writes_or_has_the_only_connection_can_count(tmp_path):
    models = declared({}).models
    limits = RateLimits(models, None)
    for url in ("sqlite://", f"sqlite:///{tmp_path}/file.sqlite"):
        engine = create_engine(url)
        models.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(models.Application(client_id="new"))
            session.flush()
            assert limits.attempt(session, {key_of("a"): 1}, WINDOW) == 0
            assert limits.attempt(session, {key_of("a"): 1}, WINDOW) > 0
            session.commit()
            assert session.query(models.Application).count() == 1
        with engine.connect() as connection, Session(connection) as session:
            assert limits.attempt(session, {key_of("a"): 1}, WINDOW) > 0
        engine.dispose()


def test_the_purge_deletes_expired_counters(host, rate_limits, host_session):
    rate_limits.attempt(host_session, {key_of("a"): 1}, WINDOW)
    with frozen(now() + timedelta(seconds=WINDOW + 1)):
        rate_limits.attempt(host_session, {key_of("b"): 1}, WINDOW)
        server = host.wsgi.registry["pyramid_oauth.server"]
        begin = sessionmaker(host.engine).begin
        list(purge(begin, server.models, server.settings))
    assert host.count("Throttle") == 1


def count_permitted(url, attempts):
    """The number of attempts with one key that a process is permitted."""
    engine = create_engine(url, pool_size=4)
    limits = RateLimits(declared({}).models, None)

    def attempt(_):
        with Session(engine) as session:
            return limits.attempt(session, {key_of("a"): 8, key_of("b"): 100}, WINDOW)

    with ThreadPoolExecutor(4) as threads:
        waits = list(threads.map(attempt, range(attempts)))
    engine.dispose()
    return waits.count(0)


@pytest.mark.postgresql
@pytest.mark.parametrize("method", ["take_back", "reset"])
def test_counters_are_locked_in_one_order(postgresql_url, method):
    engine = create_engine(postgresql_url)
    declared({}).models.metadata.create_all(engine)
    limits = RateLimits(declared({}).models, None)
    keys = sorted(map(key_of, "abcd"))
    with Session(engine) as session:
        for key in reversed(keys):  # the order of the rows on disk
            limits.attempt(session, {key: 8}, WINDOW)

    def write():
        with Session(engine) as session:
            getattr(limits, method)(session, keys)

    # Whatever fails, the lock must end before the thread is waited for.
    with ThreadPoolExecutor(1) as threads, engine.connect() as first:
        first.execute(LOCK, {"key": keys[0]})
        writing = threads.submit(write)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
            wait_until(lambda: other.execute(WAITING).scalar(), 20)
            other.execute(LOCK, {"key": keys[-1]})  # fails if the writer has it
        first.rollback()
        writing.result()
    engine.dispose()


LOCK = text("SELECT 1 FROM oauth_throttle WHERE digest = :key FOR UPDATE NOWAIT")
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.mark.slow
@pytest.mark.postgresql
def test_the_limit_holds_over_threads_and_processes(postgresql_url):
    engine = create_engine(postgresql_url)
    declared({}).models.metadata.create_all(engine)
    engine.dispose()
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as processes:
        counts = processes.map(count_permitted, [postgresql_url] * 3, [20] * 3)
        assert sum(counts) == 8


def test_an_ipv6_address_is_counted_by_its_64_and_48_networks():
    assert networks("192.0.2.1") == [("192.0.2.1", 1)]
    assert networks("::ffff:192.0.2.1") == [("192.0.2.1", 1)]
    assert networks("2001:db8:1:2::3") == [
        ("2001:db8:1:2::/64", 1),
        ("2001:db8:1::/48", 2),
    ]
    assert networks("fe80::1%eth0") == networks("fe80::1")
    assert networks(None) == [("", 1)]
    assert networks("unix:") == [("unix:", 1)]


def test_a_48_network_has_a_limit_over_all_its_64_networks(rate_limits, host_session):
    waits = [
        rate_limits.attempt(
            host_session, limits_by_source(f"2001:db8:1:{n:x}::1", 20, "x"), WINDOW
        )
        for n in range(60)
    ]
    assert waits.count(0) == 40
    other_network = limits_by_source("2001:db8:2::1", 20, "x")
    assert rate_limits.attempt(host_session, other_network, WINDOW) == 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::1%lo", True),
        (None, True),
        ("192.0.2.1", False),
        ("fe80::1%eth0", False),
        ("elsewhere", False),
    ],
)
def test_a_local_address_is_that_of_a_proxy(address, expected):
    assert is_local(address) is expected
