"""Proof Key for Code Exchange (RFC 7636)."""

from __future__ import annotations

import pytest

from tests.support.host import asked, consent, query_of, redemption


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
)
def test_a_missing_or_malformed_code_challenge_is_refused(browser, client, changes):
    answer = browser.get("/oauth/authorize", asked(**changes), status=303)
    assert query_of(answer)["error"] == "invalid_request"


@pytest.mark.spec("RFC 9700", "4.8.2")
def test_a_code_verifier_without_a_code_challenge_is_refused(host, browser):
    client = host.application(client_id="old", pkce_required=False)
    bare = {"code_challenge": None, "code_challenge_method": None, "client_id": "old"}
    code = query_of(consent(browser, **bare))["code"]
    refused = browser.post("/oauth/token", redemption(code, client), status=400)
    assert refused.json["error"] == "invalid_grant"
    form = redemption(code, client, code_verifier=None)
    browser.post("/oauth/token", form, status=200)


NO_CHALLENGE = {"code_challenge": None, "code_challenge_method": None}


@pytest.mark.spec("RFC 9700", "2.1.1")
def test_nonce_does_not_replace_pkce_without_openid(browser, client):
    changes = {**NO_CHALLENGE, "nonce": "n-0S6_WzA2Mj"}
    answer = browser.get("/oauth/authorize", asked(**changes), status=303)
    assert query_of(answer)["error"] == "invalid_request"
