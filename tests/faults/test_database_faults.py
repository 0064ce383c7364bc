"""Faults of the database under load: refused, cut, exhausted, locked, read-only."""

from __future__ import annotations

import time

import pytest

from tests.support.relay import Relay

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgresql]

SERIALIZATION = """
CREATE SEQUENCE faults;
CREATE FUNCTION fail() RETURNS trigger AS $$ BEGIN
  IF nextval('faults') % 3 = 0 THEN
    RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
  END IF;
  RETURN NEW;
END $$ LANGUAGE plpgsql SECURITY DEFINER;
CREATE TRIGGER fail BEFORE UPDATE ON oauth_refresh_token
  FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.fixture(scope="module")
def database_fault_site(new_faulty_site):
    site = new_faulty_site(standalone__lock_timeout=1)
    site.start()
    return site


def test_load_without_a_fault_has_no_failure(database_fault_site, fault):
    with fault("no fault", database_fault_site) as load:
        time.sleep(2)
    assert set(load.report.statuses) == {200, 303}


def test_ended_database_sessions_are_replaced(database_fault_site, fault):
    with fault("sessions of the database ended, 5 times", database_fault_site) as load:
        for _ in range(5):
            time.sleep(0.4)
            database_fault_site.database.end_sessions()
    assert load.report.statuses["cut"] == 0


def test_cut_connections_are_replaced(database_fault_site, fault):
    with fault("connections cut, 8 times", database_fault_site) as load:
        for _ in range(8):
            time.sleep(0.3)
            database_fault_site.database.relay.cut()
    assert load.report.statuses["cut"] == 0


def test_sessions_survive_refused_connections(database_fault_site, fault):
    with fault("connections refused for 3 s", database_fault_site):
        time.sleep(0.5)
        database_fault_site.database.relay.refuse()
        time.sleep(3)
        database_fault_site.database.relay.accept()


def test_sessions_survive_a_database_without_free_connections(
    database_fault_site, fault
):
    role = database_fault_site.database.role
    with fault("connections exhausted for 3 s", database_fault_site) as load:
        database_fault_site.database.run(f'ALTER ROLE "{role}" CONNECTION LIMIT 0')
        database_fault_site.database.end_sessions()
        time.sleep(3)
        database_fault_site.database.run(f'ALTER ROLE "{role}" CONNECTION LIMIT -1')
    assert load.report.statuses[503]


def test_sessions_survive_a_lock_that_is_held(database_fault_site, fault):
    locked = database_fault_site.database.locked
    with (
        fault("a table locked for 4 s", database_fault_site) as load,
        locked("oauth_refresh_token"),
    ):
        time.sleep(4)
    assert load.report.statuses[503]


def test_serialization_failures_are_retried(database_fault_site, fault):
    with fault("every third refresh fails with 40001", database_fault_site) as load:
        database_fault_site.database.run(SERIALIZATION)
        time.sleep(3)
        database_fault_site.database.run(
            "DROP FUNCTION fail CASCADE", "DROP SEQUENCE faults"
        )
    assert load.report.statuses[503] < 20


def test_connections_to_a_read_only_database_leave_the_pool(database_fault_site, fault):
    database = database_fault_site.database
    with fault("read-only after a failover for 2 s", database_fault_site) as load:
        database.run(
            f'ALTER DATABASE "{database.name}" SET default_transaction_read_only = on'
        )
        database.end_sessions()
        time.sleep(2)
        database.run("SET default_transaction_read_only = off")
        # The server's connections stay read-only: it must drop them.
        database.run(
            "SET default_transaction_read_only = off",
            f'ALTER DATABASE "{database.name}" RESET default_transaction_read_only',
        )
    assert load.report.statuses[503]
    assert load.report.health < 2


def test_sessions_survive_lost_database_responses(database_fault_site, fault):
    with fault(
        "every 9th answer of the database lost, 4 s", database_fault_site
    ) as load:
        database_fault_site.database.relay.lose_answers(9)
        time.sleep(4)
        database_fault_site.database.relay.lose_answers(0)
    assert load.report.statuses["cut"] == 0


def test_sessions_survive_lost_responses_to_clients(database_fault_site, fault):
    relay = Relay(database_fault_site.port)
    with fault(
        "all answers to clients lost, 12 s", database_fault_site, [relay.port]
    ) as load:
        time.sleep(0.5)
        relay.lose_answers(1)
        time.sleep(12)
        relay.lose_answers(0)
    relay.close()
    assert load.report.statuses["cut"]


DOCUMENTS = (
    "/healthz",
    "/oauth/.well-known/openid-configuration",
    "/oauth/jwks",
)
STALL = 16
"""Seconds: more than the longest time limit of the server."""
NOTICED_WITHIN = 10


def test_requests_to_a_hanging_database_are_refused_and_others_served(
    database_fault_site, fault
):
    # Often enough for both workers to read the keys.
    assert all(map(database_fault_site.answers, DOCUMENTS * 10))
    slow = database_fault_site.logged("slow request")
    with fault(f"the database hangs for {STALL} s", database_fault_site) as load:
        time.sleep(0.5)
        database_fault_site.database.relay.stall()
        started = time.monotonic()
        # Until the hang is noticed all threads may wait.
        time.sleep(NOTICED_WITHIN)
        failures = 0
        while time.monotonic() - started < STALL:
            failures += not all(map(database_fault_site.answers, DOCUMENTS))
            time.sleep(0.2)
        database_fault_site.database.relay.resume()
    assert failures == 0
    assert load.report.statuses[503]
    assert load.report.health < 5
    assert database_fault_site.logged("slow request") > slow
    assert (
        database_fault_site.logged("the database does not answer, and is not asked")
        == 2
    )
    assert database_fault_site.logged("the database answers again") == 2


def test_a_stall_longer_than_the_grace_is_no_replay(new_faulty_site, fault):
    unlimited = dict.fromkeys(
        ("standalone__lock_timeout", "standalone__statement_timeout"), 0
    )
    site = new_faulty_site(
        pyramid_oauth__refresh_token_grace=4,
        pyramid_oauth__request_timeout=0,
        **unlimited,
    )
    site.start()
    # Reads go on: the rotation itself waits. The clients give up and retry in between.
    locked = site.database.locked("oauth_refresh_token", "SHARE")
    name = "writes locked for 7 s, no limits, grace 4 s"
    with fault(name, site, patience=2) as load, locked:
        time.sleep(7)
    assert load.report.statuses["cut"]
