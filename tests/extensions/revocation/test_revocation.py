"""Token revocation (RFC 7009)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    call_api,
    obtain_tokens,
    refresh_tokens,
    request_client_token,
)


@pytest.mark.spec("RFC 7009", "2.1")
def test_revoking_a_refresh_token_revokes_its_grant(host, client, browser):
    tokens = obtain_tokens(host, client)
    form = {"token": tokens["refresh_token"], **client}
    browser.post("/oauth/revoke", form, status=200)
    assert call_api(host, tokens["access_token"]) == 401
    browser.post("/oauth/revoke", form, status=200)


@pytest.mark.spec("RFC 7009", "2.2")
def test_revoking_an_unknown_token_succeeds_and_another_clients_token_fails(
    host, client, browser
):
    other = host.register_client(client_id="other")
    token = obtain_tokens(host, client)["access_token"]
    browser.post("/oauth/revoke", {"token": "unknown", **client}, status=200)
    browser.post("/oauth/revoke", {"token": token, **other}, status=400)
    assert call_api(host, token) == 200
    browser.post("/oauth/revoke", {"token": token, **client}, status=200)
    assert call_api(host, token) == 401


@pytest.mark.spec("RFC 7009", "2.1")
def test_revoking_an_access_token_revokes_its_grant(host, client, browser):
    tokens = obtain_tokens(host, client)
    other = refresh_tokens(host, client, tokens["refresh_token"]).json
    form = {"token": tokens["access_token"], **client}
    browser.post("/oauth/revoke", form, status=200)
    assert call_api(host, tokens["access_token"]) == 401
    assert call_api(host, other["access_token"]) == 401
    assert refresh_tokens(host, client, other["refresh_token"]).status_int == 400


@pytest.mark.spec("RFC 7009", "2.1")
def test_a_setting_revokes_the_access_token_alone(new_host):
    host = new_host(access_token_revocation="token")
    client = host.register_client()
    tokens = obtain_tokens(host, client)
    form = {"token": tokens["access_token"], **client}
    host.browser().post("/oauth/revoke", form, status=200)
    assert call_api(host, tokens["access_token"]) == 401
    assert refresh_tokens(host, client, tokens["refresh_token"]).status_int == 200


def test_an_expired_access_token_does_not_revoke_its_grant(host, client, frozen_clock):
    tokens = obtain_tokens(host, client)
    frozen_clock.advance(3601)
    form = {"token": tokens["access_token"], **client}
    host.browser().post("/oauth/revoke", form, status=200)
    assert refresh_tokens(host, client, tokens["refresh_token"]).status_int == 200


def test_a_token_of_the_client_itself_is_revoked_alone(host, client):
    own, other = (request_client_token(host, client).json for _ in range(2))
    form = {"token": own["access_token"], **client}
    host.browser().post("/oauth/revoke", form, status=200)
    assert call_api(host, own["access_token"]) == 401
    assert call_api(host, other["access_token"]) == 200
