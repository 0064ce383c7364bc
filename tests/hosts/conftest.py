"""The hosts of this folder, each on its own database for the whole run."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.hosts.site import HostSite
from tests.support.postgresql import empty_postgresql
from tests.support.repetitions import repeat_unless

HOSTS = (
    "plain",
    "grafted",
    "at_the_root",
    "two_segments",
    "included_below",
    "below_a_script_name",
    "session_attribute",
    "session_callable",
    "commit_veto",
    "own_veto",
    "strict_defaults",
    "catch_all",
    "without_transaction_manager",
    "retrying",
    "without_sessions",
    "application_by_ini",
    "application_by_directive",
    "own_tables",
)
QUICK_HOSTS = (
    "plain",
    "below_a_script_name",
    "own_veto",
    "without_transaction_manager",
    "retrying",
    "without_sessions",
    "own_tables",
)


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """A function that returns the running host of a name on an engine."""
    running = {}

    def site(name, engine):
        if (name, engine) not in running:
            folder = tmp_path_factory.mktemp(name)
            url = f"sqlite:///{folder}/host.sqlite"
            if engine == "postgresql":
                url = stack.enter_context(empty_postgresql())
            new_site = running[name, engine] = HostSite(name, url, folder)
            stack.callback(new_site.close)
            new_site.make_tables()
        return running[name, engine]

    with ExitStack() as stack:
        yield site


@pytest.fixture(params=HOSTS)
def every_host_site(request, site_of):
    """Each host in turn, on SQLite and on PostgreSQL."""
    return site_of(request.param)


@pytest.fixture(params=repeat_unless(QUICK_HOSTS.__contains__, HOSTS))
def host_site(request, site_of):
    """As `every_host_site`; the quick tests take the hosts that differ most."""
    return site_of(request.param)


@pytest.fixture
def site_of(sites, database_engine):
    """A function that returns the running host of a name, on each engine.

    Its connections are closed after the test: PostgreSQL accepts 100 of them.
    """
    used = []

    def site(name):
        used.append(sites(name, database_engine))
        return used[-1]

    yield site
    for each in used:
        each.engine.dispose()
