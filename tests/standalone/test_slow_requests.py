"""The log of slow requests, and the time limit of requests."""

from __future__ import annotations

import json
import re
import threading
import time
import warnings
from contextlib import contextmanager

import pytest
from pyramid.paster import get_app
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.request_watch import watch
from tests.support.command_line import make_demo_site, run_command
from tests.support.relay import Relay
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]

UNLIMITED = "standalone.lock_timeout = 0\nstandalone.statement_timeout = 0\n"


@pytest.fixture
def unlimited_ini(tmp_path, postgresql_url):
    """An ini file without time limits of the database, and the secret of a client."""
    changes = {
        "sqlite:///%(here)s/var/development.sqlite": postgresql_url,
        "outbox_in_process = true": "outbox_in_process = false",
        "standalone.sign_up = open": UNLIMITED,
    }
    path = make_demo_site(tmp_path / "site.ini", changes)
    application = run_command("application", "rotate-secret", path, "demo", "--json")
    return path, json.loads(application)["client_secret"]


@pytest.fixture
def new_unlimited_site(unlimited_ini, monkeypatch):
    """Make a server on PostgreSQL with further settings and a short watch interval."""
    monkeypatch.setattr(watch, "TICK", 0.1)
    path, secret = unlimited_ini
    apps = []

    def new(settings):
        path.write_text(path.read_text().replace(UNLIMITED, UNLIMITED + settings))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureSettingWarning)
            apps.append(get_app(str(path)))
        browser = TestApp(apps[-1], extra_environ={"HTTP_HOST": "localhost:6543"})
        browser.authorization = ("Basic", ("demo", secret))
        return browser

    yield new
    for app in apps:
        app.registry["fast_session.database"].dispose()


@pytest.fixture
def lock_access_tokens(postgresql_url):
    """Hold a lock on the table of access tokens for some seconds, or to the end."""
    engine = create_engine(postgresql_url, poolclass=NullPool)

    @contextmanager
    def hold(seconds=None):
        with engine.connect() as connection:
            connection.execute(text("LOCK TABLE oauth_access_token"))
            if seconds is not None:
                threading.Timer(seconds, connection.rollback).start()
            yield
            if seconds is None:
                connection.rollback()

    return hold


def request_client_token(site, status):
    form = {"grant_type": "client_credentials"}
    return site.post("/oauth/token", form, status=status)


def slow_request_messages(caplog):
    return [
        record.getMessage()
        for record in caplog.records
        if "slow" in record.getMessage()
    ]


def test_a_slow_request_is_logged_with_the_statement_that_it_waits_for(
    new_unlimited_site, lock_access_tokens, caplog
):
    site = new_unlimited_site("pyramid_oauth.slow_request = 1")
    request_client_token(site, 200)
    assert slow_request_messages(caplog) == []
    with lock_access_tokens(2):
        request_client_token(site, 200)
    during, after = slow_request_messages(caplog)
    assert re.match(r"slow request: POST /oauth/token, [1-9]\d*\.", during)
    assert "waits for the database: " in during
    assert "INSERT INTO oauth_access_token" in during
    assert "repositories/" in during
    assert re.match(r"slow request: POST /oauth/token took [1-9]\d*\.", after)
    assert site.authorization[1][1] not in caplog.text


def test_a_request_beyond_its_time_limit_is_answered_503(
    new_unlimited_site, lock_access_tokens, caplog
):
    site = new_unlimited_site("pyramid_oauth.request_timeout = 1")
    request_client_token(site, 200)
    with lock_access_tokens():
        started = time.monotonic()
        answer = request_client_token(site, 503)
        assert time.monotonic() - started < 3
    assert answer.json["error"] == "temporarily_unavailable"
    assert answer.headers["Retry-After"]
    logged = "slow request: POST /oauth/token ended after 1 s: waits for"
    # The watch cuts the connection before it logs so.
    wait_until(lambda: logged in caplog.text, 10)
    request_client_token(site, 200)


@pytest.mark.repeated  # of tests/request_watch, in the ready-made server
def test_time_limit_and_slow_log_can_be_turned_off(
    new_unlimited_site, lock_access_tokens, caplog
):
    site = new_unlimited_site(
        "pyramid_oauth.slow_request = 0\npyramid_oauth.request_timeout = 0"
    )
    request_client_token(site, 200)
    with lock_access_tokens(2.5):
        request_client_token(site, 200)
    assert slow_request_messages(caplog) == []


@pytest.fixture
def database_relay(unlimited_ini, postgresql_url):
    """A relay between the server and PostgreSQL, which can stall."""
    url = make_url(postgresql_url)
    relay = Relay(url.port or 5432)
    through = url.set(host="127.0.0.1", port=relay.port).render_as_string(False)
    path, _ = unlimited_ini
    path.write_text(path.read_text().replace(postgresql_url, through))
    yield relay
    relay.close()


def test_requests_to_a_hanging_database_fail_at_once(
    database_relay, new_unlimited_site, caplog, monkeypatch
):
    monkeypatch.setattr(watch, "STALLED_AFTER", 0.5)
    site = new_unlimited_site("")
    request_client_token(site, 200)
    database_relay.stall()
    request_client_token(site, 503)
    assert "the database does not answer, and is not asked" in caplog.text
    started = time.monotonic()
    assert request_client_token(site, 503).headers["Retry-After"]
    site.get("/oauth/.well-known/openid-configuration", status=200)
    site.get("/readyz", status=503)
    site.post("/oauth/revoke", {"token": "x"}, status=503)
    assert time.monotonic() - started < 2
    database_relay.resume()
    wait_until(lambda: "the database answers again" in caplog.text, 10)
    request_client_token(site, 200)
