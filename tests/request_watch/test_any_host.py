"""The request watch in a host with an engine, session and transactions of its own."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pyramid_oauth.request_watch import watch
from tests.support.host import Host
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgresql


@pytest.fixture
def new_watched_host(postgresql_url, monkeypatch):
    """Make a host that includes the watch, which looks often, and its client."""
    monkeypatch.setattr(watch, "TICK", 0.1)
    hosts = []

    def new(**settings):
        host = Host(
            postgresql_url,
            lambda config: config.include("pyramid_oauth.request_watch"),
            **settings,
        )
        hosts.append(host)
        host.credentials = host.register_client(
            authorization_grant_type="client_credentials"
        )
        return host

    yield new
    for host in hosts:
        host.engine.dispose()


@pytest.fixture
def lock_tokens_for(postgresql_url):
    """Hold a lock on the table of access tokens for some seconds at most."""
    engine = create_engine(postgresql_url, poolclass=NullPool)

    @contextmanager
    def hold(seconds):
        with engine.connect() as connection:
            connection.execute(text("LOCK TABLE oauth_access_token"))
            timer = threading.Timer(seconds, connection.rollback)
            timer.start()
            yield
            timer.cancel()
            timer.join()
            connection.rollback()

    return hold


def request_token(host, status):
    form = {"grant_type": "client_credentials", **host.credentials}
    return host.browser().post("/oauth/token", form, status=status)


@pytest.mark.slow
def test_a_slow_request_of_a_host_is_logged_with_its_statement(
    new_watched_host, lock_tokens_for, caplog
):
    host = new_watched_host(slow_request="1")
    request_token(host, 200)
    assert "slow request" not in caplog.text
    with lock_tokens_for(2):
        request_token(host, 200)
    assert re.search(r"slow request: POST /oauth/token, [1-9]\d*\.", caplog.text)
    assert "INSERT INTO oauth_access_token" in caplog.text


def test_a_request_of_a_host_that_waits_for_too_long_is_answered_503(
    new_watched_host, lock_tokens_for, caplog
):
    host = new_watched_host(request_timeout="1")
    request_token(host, 200)
    with lock_tokens_for(4):
        started = time.monotonic()
        answer = request_token(host, 503)
        assert time.monotonic() - started < 3
    assert answer.json == {"error": "temporarily_unavailable"}
    assert answer.headers["Retry-After"] == "1"
    # The watch cuts the connection before it logs so.
    wait_until(lambda: "ended after 1 s: waits for the database" in caplog.text, 10)
    request_token(host, 200)


def test_without_the_watch_its_settings_are_unknown(postgresql_url):
    with pytest.raises(Exception, match="slow_request"):
        Host(postgresql_url, slow_request="1")


@pytest.mark.slow
def test_the_watch_can_be_turned_off(new_watched_host, lock_tokens_for, caplog):
    host = new_watched_host(slow_request="0", request_timeout="0")
    request_token(host, 200)
    with lock_tokens_for(2.5):
        request_token(host, 200)
    assert "slow request" not in caplog.text
