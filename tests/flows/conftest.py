"""The host of these tests, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.flows.host import Host


@pytest.fixture
def new_host(tables_url):
    """Make a host with further settings."""
    made = []

    def new(configure=None, **settings):
        made.append(Host(tables_url, configure, **settings))
        return made[-1]

    yield new
    for host in made:
        host.engine.dispose()


@pytest.fixture
def host(new_host):
    return new_host()


@pytest.fixture
def client(host):
    """The credentials of the confidential client `web`."""
    return host.application()


@pytest.fixture
def browser(host):
    """A browser at which alice is logged in."""
    app = host.browser()
    app.get("/login?name=alice")
    return app
