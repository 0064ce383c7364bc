"""Hosts with the extension `dpop`, and clients that sign proofs.

Overrides the fixture `host`, also for the fixtures `client` and `browser`.
"""

from __future__ import annotations

import pytest

from tests.support.dpop import ProofSigner, include_dpop
from tests.support.host import authorize_client, parse_redirect


@pytest.fixture
def new_dpop_host(new_host):
    return lambda **settings: new_host(include_dpop, **settings)


@pytest.fixture
def host(new_dpop_host):
    return new_dpop_host()


@pytest.fixture
def public_client(host):
    return host.register_client(
        client_id="app",
        client_type="public",
        authorization_grant_type="authorization_code refresh_token",
        token_endpoint_auth_method="none",
    )


@pytest.fixture
def other_signer():
    return ProofSigner(number=1)


@pytest.fixture
def request_code():
    """A function that returns the code of an authorization request of alice."""

    def request(host, client, **changes):
        browser = host.browser()
        browser.get("/login?name=alice")
        names = {"client_id": client["client_id"], **changes}
        return parse_redirect(authorize_client(browser, **names))["code"]

    return request
