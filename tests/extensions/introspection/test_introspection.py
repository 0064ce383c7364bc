"""Token introspection (RFC 7662)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    obtain_tokens,
)


@pytest.mark.spec("RFC 7662", "2.2")
def test_a_client_introspects_its_own_tokens_only(host, client, browser):
    other = host.register_client(client_id="other")
    resource_server = host.register_client(client_id="api", introspection="any")
    tokens = obtain_tokens(host, client)

    def introspect_token(caller, kind="access_token"):
        return browser.post("/oauth/introspect", {"token": tokens[kind], **caller}).json

    assert introspect_token(client)["sub"] == "alice"
    assert introspect_token(client, "refresh_token")["active"] is True
    assert introspect_token(other) == {"active": False}
    assert introspect_token(resource_server)["client_id"] == "web"
    assert introspect_token(resource_server, "refresh_token") == {"active": False}
    browser.post("/oauth/introspect", {"token": tokens["access_token"]}, status=401)


@pytest.mark.spec("RFC 7662", "2.2")
def test_introspection_omits_scopes_that_the_client_lost(host, client, browser):
    tokens = obtain_tokens(host, client)
    host.update_application(allowed_scopes="read")
    for kind in ("access_token", "refresh_token"):
        form = {"token": tokens[kind], **client}
        assert browser.post("/oauth/introspect", form).json["scope"] == "read"
