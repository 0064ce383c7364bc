"""Clocks that differ by five seconds between two servers of a site."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.faults.programs import FAKETIME
from tests.faults.site import end
from tests.support.nginx import require_program
from tests.support.ports import free_port

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.postgresql]

AHEAD = {
    "LD_PRELOAD": str(FAKETIME),
    "FAKETIME": "+5s",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
}


@pytest.fixture
def clock_fault_site(new_faulty_site):
    require_program("libfaketime", FAKETIME)
    return new_faulty_site()


def test_sessions_survive_clocks_five_seconds_apart(clock_fault_site, fault):
    clock_fault_site.start()
    other = free_port()
    ahead = clock_fault_site.start(AHEAD, port=other)
    try:
        with fault(
            "clocks differ by 5 s", clock_fault_site, [clock_fault_site.port, other]
        ) as load:
            time.sleep(4)
    finally:
        end(ahead)
    assert set(load.report.statuses) == {200, 303}


def test_check_warns_of_a_clock_difference_to_the_database(clock_fault_site):
    program = "from pyramid_oauth.scripts import main; main()"
    result = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            program,
            "check",
            str(clock_fault_site.ini),
        ],
        env={**os.environ, **AHEAD},
        capture_output=True,
        text=True,
    )
    assert "W331" in result.stdout + result.stderr
