"""Retries of a refresh whose response is late or lost."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from pyramid_oauth import clock
from pyramid_oauth.events import CredentialReplayed, GrantRevoked
from tests.support.host import Host, call_api, obtain_tokens, refresh_tokens

GRACE = 1
STALL = 2.5
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def grace_host(postgresql_url, subscribe_alarms):
    host = Host(
        postgresql_url,
        subscribe_alarms,
        refresh_token_grace=GRACE,
        refresh_token_collision_window=GRACE,
    )
    yield host
    host.engine.dispose()


@pytest.fixture
def grace_client(grace_host):
    return grace_host.register_client()


@contextmanager
def stall_database(host, lock):
    """Hold `lock` for `STALL` seconds from the time at which a statement waits."""
    with host.engine.connect() as connection, connection.begin():
        connection.execute(text(lock))
        yield
        for _ in range(3000):
            with host.engine.connect() as observer:
                if observer.scalar(WAITING):
                    break
            time.sleep(0.01)
        else:
            raise AssertionError("no statement waits")
        time.sleep(STALL)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.parametrize(
    "lock",
    [
        "LOCK TABLE oauth_refresh_token IN EXCLUSIVE MODE",
        "LOCK TABLE oauth_refresh_token IN ACCESS EXCLUSIVE MODE",
        "LOCK TABLE oauth_access_token IN EXCLUSIVE MODE",
        "SELECT * FROM oauth_grant FOR UPDATE",
        "SELECT * FROM oauth_refresh_token FOR UPDATE",
    ],
)
def test_a_retry_after_a_stall_of_the_database_is_no_replay(
    grace_host, grace_client, alarms, lock
):
    token = obtain_tokens(grace_host, grace_client)["refresh_token"]
    with ThreadPoolExecutor(1) as pool:
        with stall_database(grace_host, lock):
            late = pool.submit(refresh_tokens, grace_host, grace_client, token)
        # The client has given up on that request and never reads its response.
        late_response = late.result(60)
    retried = refresh_tokens(grace_host, grace_client, token)
    assert (late_response.status_int, retried.status_int) == (200, 200)
    assert retried.json["refresh_token"] == late_response.json["refresh_token"]
    assert call_api(grace_host, retried.json["access_token"]) == 200
    assert alarms == []


@pytest.mark.slow
@pytest.mark.postgresql
def test_retries_that_wait_for_the_same_stall_are_all_answered(
    grace_host, grace_client, alarms
):
    token = obtain_tokens(grace_host, grace_client)["refresh_token"]
    with ThreadPoolExecutor(3) as pool:
        with stall_database(
            grace_host, "LOCK TABLE oauth_refresh_token IN EXCLUSIVE MODE"
        ):
            retries = [
                pool.submit(refresh_tokens, grace_host, grace_client, token)
                for _ in range(3)
            ]
        answers = [retry.result(60) for retry in retries]
    assert [answer.status_int for answer in answers] == [200] * 3
    assert len({answer.json["refresh_token"] for answer in answers}) == 1
    assert alarms == []


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_by_default_retries_survive_an_outage_of_a_minute(
    new_host, subscribe_alarms, alarms
):
    host = new_host(configure=subscribe_alarms)
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    with clock.frozen() as time:
        first = refresh_tokens(host, client, token).json
        for wait in (1, 2, 4, 8, 16, 28):
            time.advance(wait)
            second = refresh_tokens(host, client, token).json
            assert second["refresh_token"] == first["refresh_token"]
        assert alarms == []
        time.advance(2)
        refresh_tokens(host, client, token)
    assert alarms == [CredentialReplayed, GrantRevoked]


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_slow_commit_does_not_count_against_the_grace(grace_host, grace_client):
    """As on a synchronous standby that is away; the response was lost."""
    first = obtain_tokens(grace_host, grace_client)["refresh_token"]

    def commit_slowly(connection):
        time.sleep(STALL)

    event.listen(grace_host.engine, "commit", commit_slowly)
    lost = refresh_tokens(grace_host, grace_client, first).json
    event.remove(grace_host.engine, "commit", commit_slowly)
    again = refresh_tokens(grace_host, grace_client, first)
    assert again.status_int == 200
    assert again.json["refresh_token"] == lost["refresh_token"]
