"""PgBouncer in transaction mode between the server and PostgreSQL."""

from __future__ import annotations

import time

import pytest

from tests.faults.programs import PgBouncer

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def pooled_site(new_faulty_site):
    made = new_faulty_site()
    # The limits of the role replace those of a session, which others would inherit.
    made.database.run(f'ALTER ROLE "{made.database.role}" SET lock_timeout = 1000')
    pooler = PgBouncer(made.database, made.database.relay.target)
    made.pooler = pooler
    made.write(pooler.port, standalone__prepared_statements="false")
    made.start()
    yield made
    made.stop()
    pooler.close()


def test_the_server_works_behind_a_pooler_in_transaction_mode(pooled_site, fault):
    with fault("behind PgBouncer, no fault", pooled_site) as load:
        time.sleep(2)
    assert set(load.report.statuses) == {200, 303}


def test_limits_of_the_role_hold_behind_a_pooler(pooled_site, fault):
    name, locked = (
        "behind PgBouncer, a table locked for 3 s",
        pooled_site.database.locked,
    )
    with fault(name, pooled_site) as load, locked("oauth_refresh_token"):
        time.sleep(3)
    assert load.report.statuses[503]
    assert pooled_site.logged("55P03")


def test_a_pooler_that_is_restarted_ends_no_session(pooled_site, fault):
    with fault("PgBouncer killed and started again", pooled_site):
        time.sleep(0.5)
        pooled_site.pooler.kill()
        time.sleep(1)
        pooled_site.pooler.start()
