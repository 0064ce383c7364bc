"""Proof Key for Code Exchange (RFC 7636)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)


@pytest.mark.spec("RFC 7636", "4.4.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "tooshort"},
        {"code_challenge": None},
    ],
    ids=str,
)
def test_a_missing_or_malformed_code_challenge_is_refused(browser, client, changes):
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )
    assert parse_redirect(answer)["error"] == "invalid_request"


@pytest.mark.spec("RFC 9700", "4.8.2")
def test_a_code_verifier_without_a_code_challenge_is_refused(host, browser):
    client = host.register_client(client_id="old", pkce_required=False)
    without_challenge = {
        "code_challenge": None,
        "code_challenge_method": None,
        "client_id": "old",
    }
    code = parse_redirect(authorize_client(browser, **without_challenge))["code"]
    refused = browser.post(
        "/oauth/token", build_code_exchange(code, client), status=400
    )
    assert refused.json["error"] == "invalid_grant"
    form = build_code_exchange(code, client, code_verifier=None)
    browser.post("/oauth/token", form, status=200)


NO_CHALLENGE = {"code_challenge": None, "code_challenge_method": None}


@pytest.mark.spec("RFC 9700", "2.1.1")
def test_nonce_does_not_replace_pkce_without_openid(browser, client):
    changes = {**NO_CHALLENGE, "nonce": "n-0S6_WzA2Mj"}
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )
    assert parse_redirect(answer)["error"] == "invalid_request"
