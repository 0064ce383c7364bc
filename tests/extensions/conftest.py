"""What the tests of several extensions share."""

from __future__ import annotations

import pytest

from tests.support.people import People, PeopleWithSessions


@pytest.fixture(params=[People, PeopleWithSessions], ids=["unnamed", "named"])
def people(request: pytest.FixtureRequest) -> type[People]:
    """The class of the accounts adapter: its host names its sessions, or does not."""
    adapter: type[People] = request.param
    return adapter
