"""The parameters of a pushed request appear in no URL (RFC 9126 section 1)."""

from __future__ import annotations

from tests.support.host import parse_redirect
from tests.support.pushing import (
    authorize_pushed_request,
    open_request_uri,
    parse_query_names,
    push_request_uri,
    submit_decision,
)


def test_the_pushed_parameters_appear_in_no_url(host, client):
    browser = host.browser()
    uri = push_request_uri(host, client, state="secret-state")
    answer = open_request_uri(browser, uri)
    assert answer.status_int == 303
    way_back = parse_redirect(answer)["next"]
    assert parse_query_names(way_back) <= {"client_id", "request_uri"}
    for name in ("secret-state", "code_challenge", "response_type"):
        assert name not in answer.location
    browser.get("/login?name=alice")
    page = browser.get(way_back)
    assert "secret-state" not in page.location
    answer = submit_decision(page)
    assert parse_redirect(answer)["state"] == "secret-state"


def test_a_self_registered_client_shows_no_parameters_before_the_login(host, client):
    host.update_application(source="registration")
    uri = push_request_uri(host, client, state="secret-state")
    host.update_application(allowed_scopes="write")
    answer = open_request_uri(host.browser(), uri)
    assert "secret-state" not in answer.location
    assert "client.example" not in answer.location.partition("?")[0]


def test_a_request_too_long_for_a_url_can_be_pushed(host, client, browser):
    state = "x" * 12_000
    assert (
        authorize_pushed_request(browser, push_request_uri(host, client, state=state))[
            "state"
        ]
        == state
    )
