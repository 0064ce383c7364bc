"""An OpenID Provider, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.flows.host import Host
from tests.openid.provider import Provider


@pytest.fixture
def new_provider(tables_url):
    """Make a provider with further settings."""
    made = []

    def new(configure=None, **settings):
        made.append(Provider(tables_url, configure, **settings))
        return made[-1]

    yield new
    for host in made:
        host.engine.dispose()


@pytest.fixture
def provider(new_provider):
    return new_provider()


@pytest.fixture
def client(provider):
    """The credentials of the confidential client `web`."""
    return provider.application()


@pytest.fixture
def new_host_without_openid(tables_url):
    host = Host(tables_url)
    yield host
    host.engine.dispose()
