"""A client that acts for itself gets no scope that is about a person."""

from __future__ import annotations


def request_token(provider, client, scope):
    form = {"grant_type": "client_credentials", "scope": scope, **client}
    return provider.browser().post("/oauth/token", form, status="*").json


def test_standard_scopes_are_left_out(provider, web_client):
    assert request_token(provider, web_client, "openid profile read")["scope"] == "read"
    assert request_token(provider, web_client, "openid")["error"] == "invalid_scope"
