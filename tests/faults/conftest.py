"""A server for all faults of a module, and the table of their effects."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

import pytest

from tests.faults.load import HEADING, Load
from tests.faults.site import Database, DeployedSite

LINES = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[LINES] = []


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash[LINES]
    if lines:
        terminalreporter.section("faults")
        for line in [HEADING, *lines]:
            terminalreporter.write_line(line)


@pytest.fixture(scope="module")
def new_faulty_site(tmp_path_factory):
    """Make sites with further settings; each has a database of its own."""
    with ExitStack() as stack:

        def new(**settings):
            database = Database(stack)
            site = DeployedSite(tmp_path_factory.mktemp("site"), database, **settings)
            stack.callback(site.stop)
            return site

        yield new


@pytest.fixture
def note(request):
    """Add a line to the table, for a test without load."""
    return request.config.stash[LINES].append


@pytest.fixture
def fault(request):
    """Run a fault under load; the context yields the load and checks it at the end."""

    @contextmanager
    def run(name, site, ports=None, sessions=8, patience=30):
        load = Load(site, sessions, ports, patience)
        load.report.fault = name
        load.start()
        try:
            yield load
            load.await_health()
        finally:
            load.stop()
            request.config.stash[LINES].append(load.report.line())
        check_report(load)

    return run


def check_report(load):
    """No session is lost, no token is missing, doubled or revived, no wrong 5xx."""
    report = load.report
    assert report.wrong == []
    assert [session["lost"] for session in load.sessions if session.get("lost")] == []
    assert (report.missing, report.doubled, report.revived) == (0, 0, 0)
