"""`nonce` instead of PKCE (RFC 9700 section 2.1.1)."""

from __future__ import annotations

import pytest

from tests.support.host import build_authorization_request, parse_redirect
from tests.support.provider import NONCE, log_in_browser, log_in_to_client

WITHOUT_PKCE = {
    "code_challenge": None,
    "code_challenge_method": None,
    "scope": "openid",
    "nonce": NONCE,
}


def send_request(provider, **changes):
    request = build_authorization_request(**{**WITHOUT_PKCE, **changes})
    return parse_redirect(
        log_in_browser(provider, "alice").get("/oauth/authorize", request)
    )


@pytest.mark.spec("RFC 9700", "2.1.1")
def test_a_confidential_openid_client_may_send_nonce_alone(provider, web_client):
    tokens = log_in_to_client(provider, web_client, **WITHOUT_PKCE)
    assert provider.verify_id_token(tokens["id_token"])["nonce"] == NONCE


@pytest.mark.spec("RFC 9700", "2.1.1")
@pytest.mark.parametrize("changes", [{"nonce": None}, {"scope": "read"}], ids=str)
def test_without_nonce_or_openid_pkce_is_required(provider, web_client, changes):
    assert send_request(provider, **changes)["error"] == "invalid_request"


@pytest.mark.spec("RFC 9700", "2.1.1")
def test_a_public_client_sends_pkce_whatever_its_nonce(provider):
    provider.register_client(
        client_type="public",
        token_endpoint_auth_method="none",
        authorization_grant_type="authorization_code",
    )
    assert send_request(provider)["error"] == "invalid_request"


def test_an_application_may_demand_pkce_beside_nonce(provider):
    provider.register_client(pkce_required=True)
    assert send_request(provider)["error"] == "invalid_request"


def test_the_server_may_demand_pkce_beside_nonce(new_provider):
    provider = new_provider(nonce_replaces_pkce="false")
    provider.register_client()
    assert send_request(provider)["error"] == "invalid_request"
