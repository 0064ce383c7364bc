"""The purge thread of the server processes."""

from __future__ import annotations

import logging
import os
import time as real_time
from datetime import timedelta
from threading import Event
from threading import enumerate as threads

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.purge import THREAD, Purger
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.standalone import main
from tests.support.host import build_authorization_request

METADATA = "/oauth/.well-known/oauth-authorization-server"
HOUR = timedelta(hours=1)


@pytest.fixture
def purging_host(new_host):
    """A host whose thread purges every second."""
    host = new_host(purge_interval="1")
    yield host
    host.wsgi.registry[THREAD].stop()


def store_rows(host):
    """Store an expired and a valid row in several tables."""
    host.register_client()
    with Session(host.engine) as session:
        for number, expires_at in enumerate((now() - HOUR, now() + HOUR)):
            common = {"digest": f"{number:043}", "expires_at": expires_at}
            session.add(
                host.models.AuthorizationRequest(
                    client_id="web", parameters={}, **common
                )
            )
            session.add(host.models.Throttle(count=1, **common))
            session.add(host.models.UsedAssertion(**common))
        session.commit()


def count_rows(host):
    roles = ("AuthorizationRequest", "Throttle", "UsedAssertion")
    return [host.count(role) for role in roles]


def wait_for(condition):
    deadline = real_time.monotonic() + 20
    while not condition():
        assert real_time.monotonic() < deadline
        real_time.sleep(0.05)


def make_purger(host, interval=600):
    return Purger(host.wsgi.registry, interval)


@pytest.mark.slow
def test_the_thread_deletes_expired_rows(purging_host):
    store_rows(purging_host)
    purging_host.browser().get(METADATA)
    # The purge adds a counter of its own.
    wait_for(lambda: count_rows(purging_host) == [1, 2, 1])


@pytest.mark.slow
def test_a_failure_does_not_end_the_thread(purging_host, monkeypatch, caplog):
    store_rows(purging_host)
    failed = []

    def fail(self, stop):
        failed.append(1)
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Purger, "purge_once", fail)
        purging_host.browser().get(METADATA)
        wait_for(lambda: failed)
    wait_for(lambda: count_rows(purging_host) == [1, 2, 1])
    assert "the purge failed: ConnectionError" in caplog.text


def test_one_process_purges_within_the_interval(new_host, frozen_clock):
    first, second = make_purger(new_host()), make_purger(new_host())
    assert first.purge_once(Event())
    assert not second.purge_once(Event())
    frozen_clock.advance(601)
    assert second.purge_once(Event())


def test_a_stop_ends_the_purge_after_the_batch_in_progress(host, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth.purge")
    store_rows(host)
    stop = Event()
    stop.set()
    assert make_purger(host).purge_once(stop)
    assert caplog.text.count(" deleted") == 1


def test_without_the_setting_no_thread_starts(host, client, browser):
    before = set(threads())
    browser.get("/oauth/authorize", build_authorization_request())
    assert THREAD not in {thread.name for thread in set(threads()) - before}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_starts_its_own_thread_with_its_first_request(new_host):
    host = new_host(purge_interval="600")
    thread = host.wsgi.registry[THREAD]
    host.browser().get(METADATA)
    child = os.fork()
    if not child:
        status = 1
        try:
            was_stopped = THREAD not in {thread_.name for thread_ in threads()}
            host.browser().get(METADATA)
            is_running = THREAD in {thread_.name for thread_ in threads()}
            status = 0 if was_stopped and is_running else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    thread.stop()


@pytest.mark.parametrize(("value", "interval"), [(None, 600), ("0", 0)])
def test_the_ready_made_server_purges_unless_it_is_turned_off(
    sqlite_url, value, interval
):
    settings = {} if value is None else {"pyramid_oauth.purge_interval": value}
    application = main(
        {},
        **{
            "sqlalchemy.url": sqlite_url,
            "standalone.session_secret": "0123456789abcdefghijklmnopqrstuv",
            "pyramid_oauth.issuer": "http://localhost:6543/oauth",
            "pyramid_oauth.secret": "vutsrqponmlkjihgfedcba9876543210",
            **settings,
        },
    )
    assert application.registry[SETTINGS].purge_interval == interval
    assert (THREAD in application.registry) == bool(interval)
