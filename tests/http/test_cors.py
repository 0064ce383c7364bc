"""CORS: pages of allowed origins read the answers of machine endpoints."""

from __future__ import annotations

from tests.support.host import (
    asked,
)

PAGE = "https://app.example"


def test_pages_of_allowed_origins_may_read_answers_and_errors(host, client, browser):
    host.change(allowed_origins=PAGE)
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
    asked_first = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    preflight = browser.options("/oauth/token", headers=asked_first)
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
    page = browser.get("/oauth/authorize", asked(), headers={"Origin": PAGE})
    assert "Access-Control-Allow-Origin" not in page.headers
