"""A host at which clients register themselves."""

from __future__ import annotations

import pytest

from tests.clients.conftest import site  # noqa: F401  (a fixture)
from tests.flows.conftest import new_host as new_flow_host  # noqa: F401  (a fixture)
from tests.registration.clients import OPENID, Registry, open_on_purpose


@pytest.fixture
def new_registry(new_flow_host):  # noqa: F811
    """Make a host with open registration, and further settings."""

    def new(configure=None, **settings):
        with open_on_purpose():
            settings = {"registration": "open", **settings}
            return Registry(new_flow_host(configure, **settings))

    return new


@pytest.fixture
def registry(new_registry):
    return new_registry()


@pytest.fixture
def openid(new_registry):
    return new_registry(**OPENID)
