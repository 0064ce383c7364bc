"""A host with resources, and a client that asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from tests.support.fixtures import NewHost
from tests.support.host import Host
from tests.support.resources import SCOPES, declare_resources, log_in
from tests.support.types import Configure, Credentials

NewResourceHost = Callable[..., Host]


@pytest.fixture
def new_resource_host(new_host: NewHost) -> NewResourceHost:
    """Make a host with the resources, and further settings."""

    def new(configure: Configure | None = None, **settings: Any) -> Host:
        def configure_resources(config: Any) -> None:
            declare_resources(config)
            if configure is not None:
                configure(config)

        return new_host(configure_resources, **{"scopes": SCOPES, **settings})

    return new


@pytest.fixture
def resource_host(new_resource_host: NewResourceHost) -> Host:
    return new_resource_host()


@pytest.fixture
def resource_client(resource_host: Host) -> Credentials:
    return resource_host.register_client()


@pytest.fixture
def resource_browser(resource_host: Host, resource_client: Credentials) -> TestApp:
    """A browser at which alice is logged in; there is a client."""
    return log_in(resource_host)
