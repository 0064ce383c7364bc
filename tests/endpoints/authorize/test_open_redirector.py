"""Open redirectors: errors of self-registered clients are sent after the login.

RFC 9700 section 4.11.2.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.host import build_authorization_request, parse_redirect

pytestmark = pytest.mark.spec("RFC 9700", "4.11.2")
INVALID = {"scope": "no such scope"}


@pytest.fixture
def two_client_host(new_host):
    host = new_host()
    host.register_client(source="registration")
    host.register_client(client_id="own")
    return host


def return_url(answer):
    parts = urlsplit(answer.location)
    assert (answer.status_int, parts.path) == (303, "/login")
    return parse_qs(parts.query)["next"][0]


def is_error(answer, error="invalid_scope"):
    is_redirect = answer.location.startswith("https://client.example/cb?")
    return is_redirect and parse_redirect(answer)["error"] == error


def test_an_error_of_a_self_registered_client_is_sent_after_the_login(two_client_host):
    browser = two_client_host.browser()
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**INVALID), status=303
    )
    browser.get("/login?name=alice")
    parameters = parse_redirect(browser.get(return_url(answer), status=303))
    assert (parameters["error"], parameters["state"]) == (
        "invalid_scope",
        "af0ifjsldkj",
    )


def test_an_error_of_a_posted_request_is_sent_after_the_login(two_client_host):
    browser = two_client_host.browser()
    login_redirect = browser.post(
        "/oauth/authorize", build_authorization_request(**INVALID), status=303
    ).follow()
    browser.get("/login?name=alice")
    assert is_error(browser.get(return_url(login_redirect)))
    form = build_authorization_request(**INVALID, oauth_again="1")
    answer = browser.post("/oauth/authorize", form, status=303)
    assert is_error(answer)


def test_an_error_is_sent_at_once_after_login_or_with_prompt_none(two_client_host):
    browser = two_client_host.browser()
    silent = browser.get(
        "/oauth/authorize", build_authorization_request(**INVALID, prompt="none")
    )
    assert is_error(silent)
    browser.get("/login?name=alice")
    assert is_error(
        browser.get("/oauth/authorize", build_authorization_request(**INVALID))
    )


def test_an_error_of_an_administrators_client_is_sent_at_once(two_client_host):
    parameters = build_authorization_request(**INVALID, client_id="own")
    assert is_error(two_client_host.browser().get("/oauth/authorize", parameters))
