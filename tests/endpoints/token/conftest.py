"""Fixtures of the tests of replayed codes and refresh tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyramid.config import Configurator

from pyramid_oauth.events import CredentialReplayed, GrantRevoked


@pytest.fixture
def alarms() -> list[type]:
    """The classes of the replay events, in order."""
    return []


@pytest.fixture
def subscribe_alarms(alarms: list[type]) -> Callable[[Configurator], None]:
    """A `configure` for a host whose events go to `alarms`."""

    def subscribe(config: Configurator) -> None:
        for event in (CredentialReplayed, GrantRevoked):
            config.add_subscriber(lambda event: alarms.append(type(event)), event)

    return subscribe
