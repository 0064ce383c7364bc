"""Token revocation (RFC 7009)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    tokens,
    use,
)


@pytest.mark.spec("RFC 7009", "2.1")
def test_revoking_a_refresh_token_revokes_its_grant(host, client, browser):
    issued = tokens(host, client)
    form = {"token": issued["refresh_token"], **client}
    browser.post("/oauth/revoke", form, status=200)
    assert use(host, issued["access_token"]) == 401
    browser.post("/oauth/revoke", form, status=200)


@pytest.mark.spec("RFC 7009", "2.2")
def test_revoking_an_unknown_token_succeeds_and_another_clients_token_fails(
    host, client, browser
):
    other = host.application(client_id="other")
    issued = tokens(host, client)["access_token"]
    browser.post("/oauth/revoke", {"token": "unknown", **client}, status=200)
    browser.post("/oauth/revoke", {"token": issued, **other}, status=400)
    assert use(host, issued) == 200
    browser.post("/oauth/revoke", {"token": issued, **client}, status=200)
    assert use(host, issued) == 401
