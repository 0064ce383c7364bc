"""CORS of the token, revocation, introspection and PAR endpoints."""

from __future__ import annotations

import pytest

from tests.support.host import (
    build_authorization_request,
)

PAGE = "https://app.example"


def test_pages_of_allowed_origins_may_read_answers_and_errors(host, client, browser):
    host.update_application(allowed_origins=PAGE)
    form = {"grant_type": "authorization_code", "code": "x", **client}
    for origin, readable in (
        (PAGE, PAGE),
        ("https://evil.example", None),
        ("null", None),
    ):
        answer = browser.post(
            "/oauth/token", form, headers={"Origin": origin}, expect_errors=True
        )
        assert answer.status_int == 400
        assert answer.headers.get("Access-Control-Allow-Origin") == readable
        assert answer.headers["Vary"] == "Origin"
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    preflight = browser.options("/oauth/token", headers=headers)
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
    nameless = browser.post(
        "/oauth/token", {"grant_type": "x"}, headers={"Origin": PAGE}, status=400
    )
    assert "Access-Control-Allow-Origin" not in nameless.headers
    page = browser.get(
        "/oauth/authorize", build_authorization_request(), headers={"Origin": PAGE}
    )
    assert "Access-Control-Allow-Origin" not in page.headers


def add_nonce_headers(config):
    config.add_oauth_cors_headers(
        "proof", request_headers=["Proof"], response_headers=["Proof-Nonce"]
    )


@pytest.mark.parametrize("name", ["token", "revoke", "introspect", "par"])
def test_scripts_may_send_the_headers_of_an_extension(new_host, name):
    headers = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
    }
    browser = new_host(add_nonce_headers).browser()
    answer = browser.options(f"/oauth/{name}", headers=headers)
    allowed = answer.headers["Access-Control-Allow-Headers"]
    assert allowed == "Authorization, Content-Type, Proof"


def test_scripts_may_read_the_challenge_of_a_failed_authentication(new_host):
    host = new_host()
    client = host.register_client(allowed_origins=PAGE)
    form = {"grant_type": "client_credentials", **client, "client_secret": "wrong"}
    answer = host.browser().post(
        "/oauth/token", form, headers={"Origin": PAGE}, status=401
    )
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]
