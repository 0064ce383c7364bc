"""Token introspection (RFC 7662)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    obtain_tokens,
)


@pytest.mark.spec("RFC 7662", "2.2")
def test_a_client_introspects_its_own_tokens_only(host, client, browser):
    stranger = host.register_client(client_id="stranger")
    watcher = host.register_client(client_id="watcher", introspection="any")
    issued = obtain_tokens(host, client)

    def shown(asker, kind="access_token"):
        return browser.post("/oauth/introspect", {"token": issued[kind], **asker}).json

    assert shown(client)["sub"] == "alice"
    assert shown(client, "refresh_token")["active"] is True
    assert shown(stranger) == {"active": False}
    assert shown(watcher)["client_id"] == "web"
    assert shown(watcher, "refresh_token") == {"active": False}
    browser.post("/oauth/introspect", {"token": issued["access_token"]}, status=401)


@pytest.mark.spec("RFC 7662", "2.2")
def test_introspection_omits_scopes_that_the_client_lost(host, client, browser):
    issued = obtain_tokens(host, client)
    host.update_application(allowed_scopes="read")
    for kind in ("access_token", "refresh_token"):
        form = {"token": issued[kind], **client}
        assert browser.post("/oauth/introspect", form).json["scope"] == "read"
