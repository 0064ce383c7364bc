"""PgBouncer in transaction mode between the server and PostgreSQL."""

from __future__ import annotations

import time

import pytest

from tests.faults.programs import PgBouncer, pgbouncer_version

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def pooled_site(new_faulty_site):
    site = new_faulty_site()
    # Limits of the role replace limits of a session, which other clients would inherit.
    site.database.run(f'ALTER ROLE "{site.database.role}" SET lock_timeout = 1000')
    pooler = PgBouncer(site.database, site.database.relay.target)
    site.pooler = pooler
    site.write(pooler.port, standalone__prepared_statements="false")
    site.start()
    yield site
    site.stop()
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


def test_sessions_survive_a_restart_of_the_pooler(pooled_site, fault):
    with fault("PgBouncer killed and started again", pooled_site):
        time.sleep(0.5)
        pooled_site.pooler.kill()
        time.sleep(1)
        pooled_site.pooler.start()


@pytest.mark.skipif(
    pgbouncer_version() < (1, 22),
    reason="PgBouncer is older than 1.22, as Debian 12's: no prepared statements",
)
def test_prepared_statements_work_behind_a_pooler_that_knows_them(
    new_faulty_site, fault
):
    site = new_faulty_site()
    more = "max_prepared_statements = 200\nignore_startup_parameters = options"
    pooler = PgBouncer(site.database, site.database.relay.target, more)
    site.write(pooler.port)
    site.start()
    try:
        with fault("behind PgBouncer, prepared statements", site) as load:
            time.sleep(3)
    finally:
        site.stop()
        pooler.close()
    assert set(load.report.statuses) == {200, 303}
