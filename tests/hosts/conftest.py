"""Every host of this folder, each on a database of its own for the whole run."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.hosts.site import Site
from tests.support.databases import empty_postgresql

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


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    """A function that gives the running host of a name on an engine."""
    made = {}

    def site(name, engine):
        if (name, engine) not in made:
            folder = tmp_path_factory.mktemp(name)
            url = f"sqlite:///{folder}/host.sqlite"
            if engine == "postgresql":
                url = opened.enter_context(empty_postgresql())
            found = made[name, engine] = Site(name, url, folder)
            opened.callback(found.close)
            found.make_tables()
        return made[name, engine]

    with ExitStack() as opened:
        yield site


@pytest.fixture(params=HOSTS)
def host_site(request, database_engine, sites):
    """Each host in turn, on SQLite and on PostgreSQL."""
    return sites(request.param, database_engine)


@pytest.fixture
def site_of(sites, database_engine):
    """A function that gives the running host of a name, on each engine in turn."""
    return lambda name: sites(name, database_engine)
