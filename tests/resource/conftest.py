"""Fixtures of the resource server: a host and the headers of its clients."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.resource.memory_host import ResourceHost


@pytest.fixture
def memory_host() -> ResourceHost:
    return ResourceHost()


@pytest.fixture
def bearer() -> Callable[[str], dict[str, str]]:
    return lambda token: {"Authorization": f"Bearer {token}"}
