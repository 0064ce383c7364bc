"""The hosts of these tests, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pyramid_oauth import clock
from tests.flows.conftest import browser, client, host, new_host
from tests.flows.host import consent
from tests.openid_authorize.door import Door

__all__ = ["browser", "client", "host", "new_host"]


@pytest.fixture
def new_door(tables_url):
    """Make a provider with further settings."""
    made = []

    def new(kind=Door, **settings):
        made.append(kind(tables_url, **settings))
        return made[-1]

    yield new
    for door in made:
        door.engine.dispose()


@pytest.fixture
def time():
    """An hour ago; the time goes on only when it is told to."""
    with clock.frozen(datetime.now(UTC) - timedelta(hours=1)) as moved:
        yield moved


@pytest.fixture
def door(new_door):
    """A provider with the client `web`, whose consent alice and bob have given."""
    door = new_door()
    door.web = door.application()
    for name in ("alice", "bob"):
        consent(door.visitor(name), scope="openid profile read", nonce="n")
    return door
