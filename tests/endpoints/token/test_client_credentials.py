"""The client credentials grant (RFC 6749 section 4.4)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    call_api,
    obtain_tokens,
    refresh_tokens,
    request_client_token,
)


@pytest.mark.spec("RFC 6749", "4.4.3")
def test_the_client_credentials_grant_issues_no_refresh_token(host, client):
    answer = request_client_token(host, client)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "refresh_token" not in answer.json
    assert call_api(host, answer.json["access_token"]) == 200


def test_a_server_without_scopes_issues_tokens_without_scopes(new_host):
    host = new_host(scopes="", default_scopes="", optional_scopes="")
    client = host.register_client()
    own = request_client_token(host, client).json
    tokens = obtain_tokens(host, client, scope=None)
    for each in (own, tokens):
        assert "scope" not in each
        assert each["token_type"] == "Bearer"
    refused = refresh_tokens(new_host(), client, tokens["refresh_token"])  # with scopes
    assert (refused.status_int, refused.json["error"]) == (400, "invalid_scope")
