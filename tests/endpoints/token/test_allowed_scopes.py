"""Scopes that a client lost after the grant (RFC 6749 section 5.1)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    consent,
    query_of,
    redemption,
    refresh,
    tokens,
)


@pytest.mark.spec("RFC 6749", "5.1")
def test_a_grant_without_an_allowed_scope_issues_no_token(host, client, browser):
    issued = tokens(host, client)
    code = query_of(consent(browser))["code"]
    host.change(allowed_scopes="another")
    refused = refresh(host, client, issued["refresh_token"])
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_scope")
    refused = browser.post("/oauth/token", redemption(code, client), status=400)
    assert refused.json["error"] == "invalid_scope"
    host.change(allowed_scopes=None)
    assert refresh(host, client, issued["refresh_token"]).status_int == 200
