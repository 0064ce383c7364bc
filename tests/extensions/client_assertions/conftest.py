"""Fixtures of the tests of client assertions."""

from __future__ import annotations

import pytest

from tests.support.client_keys import (
    METHODS,
    key_set,
    register_robot,
)


@pytest.fixture
def assertion_host(new_host):
    host = new_host(token_endpoint_auth_methods=METHODS)
    register_robot(host, jwks=key_set("RS256"))
    return host
