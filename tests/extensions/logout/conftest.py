"""A provider at which people log out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.people import People
from tests.support.person import LoggedInUser
from tests.support.provider import Provider


@pytest.fixture
def two_client_provider(
    new_logout_provider: Callable[..., Provider], people: type[People]
) -> Provider:
    """A provider with the clients `web` and `other`, without front and back channel."""
    return new_logout_provider(people=people)


@pytest.fixture
def logged_in_alice(two_client_provider: Provider) -> LoggedInUser:
    return LoggedInUser(two_client_provider)


@pytest.fixture
def hint(logged_in_alice):
    return logged_in_alice.log_in_at_client()["id_token"]
