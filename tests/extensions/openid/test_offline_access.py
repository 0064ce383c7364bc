"""A client that loses `offline_access` (OpenID Connect Core section 11)."""

from __future__ import annotations

import pytest

from tests.support.host import obtain_tokens, refresh_tokens

SCOPE = "openid read offline_access"


@pytest.fixture
def offline_client(provider):
    """The credentials of a client that may have offline access."""
    return provider.register_client()


def offline(provider, web):
    """Return a refresh token that was given for offline access."""
    issued = obtain_tokens(provider, web, scope=SCOPE, nonce="n", prompt="consent")
    assert "offline_access" in issued["scope"]
    return issued["refresh_token"]


@pytest.mark.spec("OpenID Connect Core", "11")
def test_a_client_without_offline_access_no_longer_refreshes(provider, offline_client):
    held = offline(provider, offline_client)
    held = refresh_tokens(provider, offline_client, held).json["refresh_token"]
    provider.update_application(allowed_scopes="openid read")
    refused = refresh_tokens(provider, offline_client, held)
    assert refused.json["error"] == "invalid_grant"
    assert "offline_access" in refused.json["error_description"]
    narrower = refresh_tokens(provider, offline_client, held, scope="read")
    assert narrower.json["error"] == "invalid_grant"


@pytest.mark.spec("OpenID Connect Core", "11")
def test_a_refresh_token_given_without_offline_access_goes_on(provider, offline_client):
    issued = obtain_tokens(provider, offline_client, scope="openid read", nonce="n")
    provider.update_application(allowed_scopes="openid read")
    assert (
        refresh_tokens(provider, offline_client, issued["refresh_token"]).status_int
        == 200
    )


def test_a_refresh_may_ask_for_fewer_scopes_than_offline_access(
    provider, offline_client
):
    held = offline(provider, offline_client)
    assert (
        refresh_tokens(provider, offline_client, held, scope="read").status_int == 200
    )
