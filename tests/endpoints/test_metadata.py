"""Authorization server metadata (RFC 8414)."""

from __future__ import annotations

import pytest


@pytest.mark.spec("RFC 8414", "3.1")
def test_the_metadata_is_at_both_well_known_urls_only(host, browser):
    inserted = browser.get("/.well-known/oauth-authorization-server/oauth")
    under = browser.get("/oauth/.well-known/oauth-authorization-server")
    assert inserted.json == under.json
    assert under.json["issuer"] == "https://as.example/oauth"
    assert under.json["token_endpoint"] == "https://as.example/oauth/token"
    assert under.json["code_challenge_methods_supported"] == ["S256"]
    browser.get("/.well-known/oauth-authorization-server/other", status=404)
    browser.get("/.well-known/oauth-authorization-server", status=404)
    tag = {"If-None-Match": under.headers["ETag"]}
    browser.get(
        "/oauth/.well-known/oauth-authorization-server", headers=tag, status=304
    )
