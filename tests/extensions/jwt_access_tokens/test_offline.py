"""Our JWT access tokens at an API that verifies them offline, without Pyramid."""

from __future__ import annotations

import pytest

from pyramid_oauth.resource.verify import InvalidToken, OfflineJWT
from tests.extensions.jwt_access_tokens.conftest import API, EXTENSION
from tests.support.host import obtain_tokens, request_client_token
from tests.support.ports import free_port
from tests.support.provider import log_in_to_client
from tests.support.served_host import serve_host


@pytest.fixture
def served_provider(new_provider):
    """A provider whose documents an API can fetch."""
    port = free_port()
    provider = new_provider(
        lambda config: config.include(EXTENSION),
        issuer=f"http://127.0.0.1:{port}/oauth",
        access_token_format="jwt",
        access_token_lifetime="600",
        default_audience=API,
    )
    provider.web = provider.register_client()
    with serve_host(provider, port):
        yield provider


@pytest.mark.spec("RFC 9068", "4")
def test_an_api_elsewhere_knows_users_and_clients(served_provider):
    provider = served_provider
    api = OfflineJWT(provider.server.issuer, audience=API, allow_http=True)
    of_user = obtain_tokens(provider, provider.web)["access_token"]
    identity = api.verify(of_user)
    assert (identity.user_id, identity.client_id) == ("alice", "web")
    own = request_client_token(provider, provider.web).json["access_token"]
    identity = api.verify(own)
    assert (identity.user_id, identity.client_id) == (None, "web")
    assert identity.has("read")


@pytest.mark.spec("RFC 9068", "5")
def test_an_api_elsewhere_refuses_other_tokens(served_provider):
    provider = served_provider
    tokens = log_in_to_client(provider, provider.web, scope="openid read")
    same_client = OfflineJWT(provider.server.issuer, audience="web", allow_http=True)
    for token in (tokens["id_token"], tokens["access_token"]):
        with pytest.raises(InvalidToken):
            same_client.verify(token)
