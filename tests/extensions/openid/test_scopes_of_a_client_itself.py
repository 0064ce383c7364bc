"""Client credentials tokens have no standard scope of OpenID Connect."""

from __future__ import annotations


def request_token(provider, client, scope):
    form = {"grant_type": "client_credentials", "scope": scope, **client}
    return provider.browser().post("/oauth/token", form, status="*").json


def test_the_client_credentials_grant_issues_no_standard_scope(provider, web_client):
    assert request_token(provider, web_client, "openid profile read")["scope"] == "read"
    assert request_token(provider, web_client, "openid")["error"] == "invalid_scope"
