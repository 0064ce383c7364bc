"""Authorization server metadata (RFC 8414)."""

from __future__ import annotations

import pytest


@pytest.mark.spec("RFC 8414", "3.1")
def test_the_metadata_is_at_both_well_known_urls_only(host, browser):
    at_site_root = browser.get("/.well-known/oauth-authorization-server/oauth")
    below_issuer = browser.get("/oauth/.well-known/oauth-authorization-server")
    assert at_site_root.json == below_issuer.json
    assert below_issuer.json["issuer"] == "https://as.example/oauth"
    assert below_issuer.json["token_endpoint"] == "https://as.example/oauth/token"
    assert below_issuer.json["code_challenge_methods_supported"] == ["S256"]
    browser.get("/.well-known/oauth-authorization-server/other", status=404)
    browser.get("/.well-known/oauth-authorization-server", status=404)
    headers = {"If-None-Match": below_issuer.headers["ETag"]}
    browser.get(
        "/oauth/.well-known/oauth-authorization-server", headers=headers, status=304
    )
