"""A provider at which people log out."""

from __future__ import annotations

import pytest

from tests.support.logout_provider import PEOPLE


@pytest.fixture(params=PEOPLE)
def people(request):
    """Whether the host names its sessions."""
    return PEOPLE[request.param]


@pytest.fixture
def new_provider(new_logout_provider):
    return new_logout_provider
