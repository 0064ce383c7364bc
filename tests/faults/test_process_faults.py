"""Faults of the processes: a worker that is killed, a stop while the database hangs."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from functools import partial

import pytest

from tests.faults.site import SOURCE
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgresql]

STOP_LIMIT = 8
"""Seconds; deploy/oauth.service has 30."""


@pytest.fixture(scope="module")
def process_fault_site(new_faulty_site):
    site = new_faulty_site(standalone__lock_timeout=1)
    site.start(workers_kill_timeout=STOP_LIMIT)
    return site


def test_a_killed_worker_is_replaced(process_fault_site, fault):
    before = process_fault_site.workers()
    assert len(before) == 2
    with fault("a worker killed, twice", process_fault_site) as load:
        for killed in before:
            time.sleep(0.5)
            started = process_fault_site.started()
            os.kill(killed, signal.SIGKILL)
            wait_until(partial(_has_started, process_fault_site, started), 30)
    assert load.report.statuses["cut"] < 50
    assert process_fault_site.process.poll() is None
    assert not set(before) & set(process_fault_site.workers())


def _has_started(site, before):
    return site.started() > before


def block_all_threads(site):
    """Make all threads of all workers wait for the database."""
    links = []
    for _ in range(8):
        link = socket.create_connection(("127.0.0.1", site.port))
        fields = "".join(f"{name}: {value}\r\n" for name, value in SOURCE.items())
        body = "grant_type=client_credentials&" + "&".join(
            f"{name}={value}" for name, value in site.client.items()
        )
        link.sendall(
            f"POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        links.append(link)
    time.sleep(1)
    return links


def test_sigterm_ends_the_server_while_the_database_hangs(new_faulty_site, note):
    site = new_faulty_site()
    site.start(workers_kill_timeout=STOP_LIMIT)
    site.database.relay.stall()
    links = block_all_threads(site)
    workers = site.workers()
    started = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    site.process.wait(STOP_LIMIT + 4)
    seconds = time.monotonic() - started
    note(f"SIGTERM while the database hangs: ended after {seconds:.1f} s")
    wait_until(lambda: not any(map(is_running, workers)), 1)
    site.database.relay.resume()
    for link in links:
        link.close()


def is_running(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
