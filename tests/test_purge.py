"""The purge by a thread of a serving process, one process at a time."""

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


def put_rows(host):
    """Store an expired and a live row of several tables, as processes leave them."""
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


def counts(host):
    roles = ("AuthorizationRequest", "Throttle", "UsedAssertion")
    return [host.count(role) for role in roles]


def wait_for(condition):
    until = real_time.monotonic() + 20
    while not condition():
        assert real_time.monotonic() < until
        real_time.sleep(0.05)


def purger(host, interval=600):
    return Purger(host.wsgi.registry, interval)


def test_expired_rows_leave_without_a_command(purging_host):
    put_rows(purging_host)
    purging_host.browser().get(METADATA)
    # The counter of the purge itself is beside the live one.
    wait_for(lambda: counts(purging_host) == [1, 2, 1])


def test_a_failure_does_not_end_the_thread(purging_host, monkeypatch, caplog):
    put_rows(purging_host)
    failed = []

    def fail(self, stop):
        failed.append(1)
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Purger, "purge_once", fail)
        purging_host.browser().get(METADATA)
        wait_for(lambda: failed)
    wait_for(lambda: counts(purging_host) == [1, 2, 1])
    assert "the purge failed: ConnectionError" in caplog.text


def test_one_process_purges_within_the_interval(new_host, frozen_clock):
    here, elsewhere = purger(new_host()), purger(new_host())
    assert here.purge_once(Event())
    assert not elsewhere.purge_once(Event())
    frozen_clock.advance(601)
    assert elsewhere.purge_once(Event())


def test_a_stop_ends_the_purge_after_the_batch_in_progress(host, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth.purge")
    put_rows(host)
    stop = Event()
    stop.set()
    assert purger(host).purge_once(stop)
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
            was_stopped = THREAD not in {each.name for each in threads()}
            host.browser().get(METADATA)
            is_running = THREAD in {each.name for each in threads()}
            status = 0 if was_stopped and is_running else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    thread.stop()


@pytest.mark.parametrize(("given", "interval"), [(None, 600), ("0", 0)])
def test_the_ready_made_server_purges_unless_it_is_turned_off(
    sqlite_url, given, interval
):
    settings = {} if given is None else {"pyramid_oauth.purge_interval": given}
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
