"""Authorization codes (RFC 6749 section 4.1)."""

from __future__ import annotations

import pytest

from pyramid_oauth import clock
from tests.support.host import consent, query_of, redemption, tokens, use

ISSUER = "https://as.example/oauth"


@pytest.mark.spec("RFC 6749", "4.1.4")
def test_a_code_is_redeemed_for_tokens_that_the_api_accepts(host, client):
    issued = tokens(host, client)
    assert issued["token_type"] == "Bearer"
    assert issued["expires_in"] == 3600
    assert issued["scope"] == "read write"
    assert use(host, issued["access_token"]) == 200


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_replayed_code_is_refused_and_revokes_the_tokens(host, client, browser):
    code = query_of(consent(browser))["code"]
    first = browser.post("/oauth/token", redemption(code, client)).json
    again = browser.post("/oauth/token", redemption(code, client), status=400)
    assert again.json["error"] == "invalid_grant"
    assert use(host, first["access_token"]) == 401


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_code_expires_after_a_minute(browser, client):
    with clock.frozen() as time:
        code = query_of(consent(browser))["code"]
        time.advance(61)
        refused = browser.post("/oauth/token", redemption(code, client), status=400)
    assert refused.json["error"] == "invalid_grant"


@pytest.mark.spec("RFC 6749", "4.1.3")
@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"redirect_uri": "https://client.example/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
    ],
)
def test_a_failed_attempt_leaves_the_code_redeemable(browser, client, wrong, error):
    code = query_of(consent(browser))["code"]
    form = redemption(code, client, **wrong)
    assert browser.post("/oauth/token", form, status=400).json["error"] == error
    browser.post("/oauth/token", redemption(code, client), status=200)


@pytest.mark.spec("RFC 6749", "4.1.3")
def test_another_client_can_neither_redeem_nor_use_up_a_code(host, browser, client):
    other = host.application(client_id="other")
    code = query_of(consent(browser))["code"]
    browser.post("/oauth/token", redemption(code, other), status=400)
    browser.post("/oauth/token", redemption(code, client), status=200)


def test_parameters_named_after_internal_fields_are_ignored(browser, client):
    smuggled = {"user": "admin", "client": "x", "scopes": "root", "grant": "1"}
    code = query_of(consent(browser, **smuggled))["code"]
    form = {**redemption(code, client), **smuggled}
    issued = browser.post("/oauth/token", form).json
    shown = browser.post(
        "/oauth/introspect", {"token": issued["access_token"], **client}
    ).json
    assert (shown["sub"], shown["scope"]) == ("alice", "read write")
