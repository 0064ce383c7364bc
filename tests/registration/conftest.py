"""A host at which clients register themselves."""

from __future__ import annotations

import pytest

from tests.clients.conftest import site  # noqa: F401  (a fixture)
from tests.flows.conftest import new_host as new_flow_host  # noqa: F401  (a fixture)
from tests.registration.clients import Registry


@pytest.fixture
def new_registry(new_flow_host):  # noqa: F811
    """Make a host with open registration, and further settings."""

    def new(configure=None, **settings):
        return Registry(
            new_flow_host(configure, **{"registration": "open", **settings})
        )

    return new


@pytest.fixture
def registry(new_registry):
    return new_registry()


@pytest.fixture
def openid(new_registry):
    return new_registry(**OPENID)


OPENID = {
    "openid": "true",
    "scopes": "openid\nprofile\nread\nwrite",
    "frontchannel_logout": "true",
    "backchannel_logout": "true",
    "request_uris": "true",
    "pairwise_salt": "p" * 40,
    "grant_types": "authorization_code implicit refresh_token",
    "response_types": "code\nid_token\ncode id_token",
    "token_endpoint_auth_methods": "none client_secret_basic client_secret_post "
    "private_key_jwt client_secret_jwt",
}
