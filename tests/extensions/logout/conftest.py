"""A provider at which people log out."""

from __future__ import annotations

import pytest

from tests.support.people import People, PeopleWithSessions


@pytest.fixture(params=[People, PeopleWithSessions], ids=["unnamed", "named"])
def people(request):
    """Whether the host names its sessions."""
    return request.param


@pytest.fixture
def new_provider(new_logout_provider):
    return new_logout_provider
