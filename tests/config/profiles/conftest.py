"""A client with a key for its assertions and one for its DPoP proofs."""

from __future__ import annotations

import pytest

from tests.config.profiles.signing_client import SigningClient


@pytest.fixture
def new_signing_client(new_host):
    """Make a host with settings, the client `robot` and the browser of alice."""
    return lambda **settings: SigningClient(new_host(**settings))
