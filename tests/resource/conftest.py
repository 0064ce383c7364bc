"""Fixtures of the resource server: a host, and what its clients send."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.resource.memory_host import Host


@pytest.fixture
def memory_host() -> Host:
    return Host()


@pytest.fixture
def bearer() -> Callable[[str], dict[str, str]]:
    return lambda token: {"Authorization": f"Bearer {token}"}
