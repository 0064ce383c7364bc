"""What the tests of OpenID Connect have in common."""

from __future__ import annotations

import pytest

from tests.support.host import Host


@pytest.fixture
def web_client(provider):
    """The credentials of the confidential client `web`."""
    return provider.register_client()


@pytest.fixture
def new_host_without_openid(tables_url):
    host = Host(tables_url)
    yield host
    host.engine.dispose()
