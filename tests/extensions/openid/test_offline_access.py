"""A client that loses `offline_access` (OpenID Connect Core section 11)."""

from __future__ import annotations

import pytest

from tests.support.host import obtain_tokens, refresh_tokens

SCOPE = "openid read offline_access"


@pytest.fixture
def offline_client(provider):
    """The credentials of a client that may have obtain_offline_token access."""
    return provider.register_client()


def obtain_offline_token(provider, web):
    """Return a refresh token that was given for obtain_offline_token access."""
    tokens = obtain_tokens(provider, web, scope=SCOPE, nonce="n", prompt="consent")
    assert "offline_access" in tokens["scope"]
    return tokens["refresh_token"]


@pytest.mark.spec("OpenID Connect Core", "11")
def test_a_client_that_lost_offline_access_cannot_refresh(provider, offline_client):
    refresh_token = obtain_offline_token(provider, offline_client)
    refresh_token = refresh_tokens(provider, offline_client, refresh_token).json[
        "refresh_token"
    ]
    provider.update_application(allowed_scopes="openid read")
    refused = refresh_tokens(provider, offline_client, refresh_token)
    assert refused.json["error"] == "invalid_grant"
    assert "offline_access" in refused.json["error_description"]
    narrower = refresh_tokens(provider, offline_client, refresh_token, scope="read")
    assert narrower.json["error"] == "invalid_grant"


@pytest.mark.spec("OpenID Connect Core", "11")
def test_a_refresh_token_without_offline_access_keeps_working(provider, offline_client):
    tokens = obtain_tokens(provider, offline_client, scope="openid read", nonce="n")
    provider.update_application(allowed_scopes="openid read")
    assert (
        refresh_tokens(provider, offline_client, tokens["refresh_token"]).status_int
        == 200
    )


def test_a_refresh_may_leave_out_offline_access(provider, offline_client):
    refresh_token = obtain_offline_token(provider, offline_client)
    assert (
        refresh_tokens(provider, offline_client, refresh_token, scope="read").status_int
        == 200
    )
