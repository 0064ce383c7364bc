"""Authorization codes (RFC 6749 section 4.1)."""

from __future__ import annotations

import pytest

from pyramid_oauth import clock
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
)

ISSUER = "https://as.example/oauth"


@pytest.mark.spec("RFC 6749", "4.1.4")
def test_a_code_is_redeemed_for_tokens_that_the_api_accepts(host, client):
    tokens = obtain_tokens(host, client)
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["scope"] == "read write"
    assert call_api(host, tokens["access_token"]) == 200


@pytest.mark.spec("RFC 6749", "1.5")
@pytest.mark.parametrize(
    ("of_server", "of_client", "is_issued"),
    [
        ("authorization_code refresh_token", "authorization_code", False),
        ("authorization_code", "authorization_code refresh_token", False),
        (
            "authorization_code refresh_token",
            "authorization_code refresh_token",
            True,
        ),
    ],
    ids=["client-without", "server-without", "both"],
)
def test_a_refresh_token_needs_the_grant_type_of_server_and_client(
    new_host, of_server, of_client, is_issued
):
    host = new_host(grant_types=of_server)
    client = host.register_client(authorization_grant_type=of_client)
    assert ("refresh_token" in obtain_tokens(host, client)) is is_issued
    assert host.count("RefreshToken") == is_issued


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_replayed_code_is_refused_and_revokes_the_tokens(host, client, browser):
    code = parse_redirect(authorize_client(browser))["code"]
    first = browser.post("/oauth/token", build_code_exchange(code, client)).json
    second = browser.post("/oauth/token", build_code_exchange(code, client), status=400)
    assert second.json["error"] == "invalid_grant"
    assert call_api(host, first["access_token"]) == 401


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_code_expires_after_a_minute(browser, client):
    with clock.frozen() as time:
        code = parse_redirect(authorize_client(browser))["code"]
        time.advance(61)
        refused = browser.post(
            "/oauth/token", build_code_exchange(code, client), status=400
        )
    assert refused.json["error"] == "invalid_grant"


@pytest.mark.spec("RFC 6749", "4.1.3")
@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://client.example/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
    ],
    ids=str,
)
def test_a_failed_attempt_leaves_the_code_redeemable(browser, client, changes, error):
    code = parse_redirect(authorize_client(browser))["code"]
    form = build_code_exchange(code, client, **changes)
    assert browser.post("/oauth/token", form, status=400).json["error"] == error
    browser.post("/oauth/token", build_code_exchange(code, client), status=200)


@pytest.mark.spec("RFC 6749", "4.1.3")
def test_another_client_can_neither_redeem_nor_use_up_a_code(host, browser, client):
    other = host.register_client(client_id="other")
    code = parse_redirect(authorize_client(browser))["code"]
    browser.post("/oauth/token", build_code_exchange(code, other), status=400)
    browser.post("/oauth/token", build_code_exchange(code, client), status=200)


def test_parameters_named_after_internal_fields_are_ignored(browser, client):
    smuggled = {"user": "admin", "client": "x", "scopes": "root", "grant": "1"}
    code = parse_redirect(authorize_client(browser, **smuggled))["code"]
    form = {**build_code_exchange(code, client), **smuggled}
    tokens = browser.post("/oauth/token", form).json
    introspection = browser.post(
        "/oauth/introspect", {"token": tokens["access_token"], **client}
    ).json
    assert (introspection["sub"], introspection["scope"]) == ("alice", "read write")
