"""A server that protects resources itself: audiences of its own tokens (RFC 9728)."""

from __future__ import annotations

import pytest

from tests.support.host import call_api, obtain_tokens
from tests.support.registry import OPENID
from tests.support.resources import (
    CALENDAR,
    CONTACTS,
    SCOPES,
    declare_resources,
    request_own_token,
)


@pytest.mark.spec("RFC 8707", "2.2")
@pytest.mark.spec("RFC 9728", "7.4")
def test_the_api_of_a_server_accepts_tokens_for_it_only(new_host):
    def configure(config):
        declare_resources(config)
        config.add_oauth_protected_resource(CONTACTS, path="/me")

    host = new_host(configure, scopes=SCOPES)
    client = host.register_client()
    expected = {(CONTACTS,): 200, (CALENDAR, CONTACTS): 200, (CALENDAR,): 401, (): 401}
    for resources, status in expected.items():
        token = request_own_token(host, client, *resources, status=200).json
        assert call_api(host, token["access_token"]) == status, resources


@pytest.mark.spec("RFC 9728", "2")
def test_the_metadata_names_the_server_of_the_process(new_host):
    host = new_host(protected_resource="https://as.example/me")
    metadata = host.browser().get("/.well-known/oauth-protected-resource/me").json
    issuer = host.browser().get("/.well-known/oauth-authorization-server/oauth").json
    assert metadata["authorization_servers"] == [issuer["issuer"]]


def test_endpoints_of_the_server_belong_to_no_resource(new_host):
    """UserInfo asks for a scope, not for the audience of the whole host."""
    host = new_host(protected_resource="https://as.example", **OPENID)
    tokens = obtain_tokens(host, host.register_client(), scope="read")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert call_api(host, tokens["access_token"]) == 401
    host.browser().get("/oauth/userinfo", headers=headers, status=403)
    answer = host.browser().get("/oauth/userinfo", status=401)
    assert "resource_metadata" not in answer.headers["WWW-Authenticate"]
