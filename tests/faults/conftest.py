"""A server for all faults of a module, and the table of what they did."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

import pytest

from tests.faults.load import HEADING, Load
from tests.faults.site import Database, Site

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
            made = Site(tmp_path_factory.mktemp("site"), database, **settings)
            stack.callback(made.stop)
            return made

        yield new


@pytest.fixture
def note(request):
    """Add a line to the table, for what is no load."""
    return request.config.stash[LINES].append


@pytest.fixture
def fault(request):
    """Run a fault under load; the context yields the load, then checks it."""

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
        check(load)

    return run


def check(load):
    """Nothing is lost, doubled or revived, and failures say that they pass."""
    report = load.report
    assert report.wrong == []
    assert [each["lost"] for each in load.sessions if each.get("lost")] == []
    assert (report.missing, report.doubled, report.revived) == (0, 0, 0)
