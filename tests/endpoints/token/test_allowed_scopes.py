"""Scopes that a client lost after the grant (RFC 6749 section 5.1)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    authorize_client,
    build_code_exchange,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
)


@pytest.mark.spec("RFC 6749", "5.1")
def test_a_grant_without_an_allowed_scope_issues_no_token(host, client, browser):
    tokens = obtain_tokens(host, client)
    code = parse_redirect(authorize_client(browser))["code"]
    host.update_application(allowed_scopes="another")
    refused = refresh_tokens(host, client, tokens["refresh_token"])
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_scope")
    refused = browser.post(
        "/oauth/token", build_code_exchange(code, client), status=400
    )
    assert refused.json["error"] == "invalid_scope"
    host.update_application(allowed_scopes=None)
    assert refresh_tokens(host, client, tokens["refresh_token"]).status_int == 200
