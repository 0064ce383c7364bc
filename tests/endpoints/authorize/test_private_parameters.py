"""Private parameters of an authorization request are moved into no URL.

Proxies and browser histories keep URLs. A login hint, a request object and requested
claims may describe the user.
"""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from tests.support.authentication import (
    CORE,
    parse_error,
    parse_login_redirect,
    redeem_id_token,
    request_authentication,
    return_from_login,
)
from tests.support.host import build_authorization_request, parse_redirect
from tests.support.provider import NONCE, log_in_with

HINT = "alice.liddell@example.org"

CLAIMS = '{"userinfo": {"email": {"value": "alice.liddell@example.org"}}}'

PRIVATE = {"login_hint": HINT, "claims": CLAIMS}


def decode_location(answer):
    """The location of a redirect, decoded twice."""
    return unquote(unquote(answer.location))


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_parameter_is_in_no_url_during_the_login(login_provider, name):
    browser = login_provider.open_browser()
    answer = request_authentication(browser, **{name: PRIVATE[name]})
    assert HINT not in decode_location(answer)
    assert "?" not in parse_login_redirect(answer)[1]
    log_in_with(browser, "alice")
    returned = return_from_login(browser, answer)
    assert (
        redeem_id_token(login_provider, login_provider.web, returned)["sub"] == "alice"
    )


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_host_gets_the_login_hint_apart_from_the_url(login_provider):
    request_authentication(login_provider.open_browser(), login_hint=HINT)
    assert login_provider.wsgi.registry["hints"]["login_hint"] == HINT


@pytest.mark.parametrize("name", PRIVATE)
def test_a_cross_site_post_with_a_private_parameter_is_repeated_as_a_post(
    login_provider, name
):
    form = build_authorization_request(
        scope="openid", nonce=NONCE, **{name: PRIVATE[name]}
    )
    page = login_provider.browser().post("/oauth/authorize", form, status=200)
    assert page.forms["oauth-form-post"][name].value == PRIVATE[name]


def test_the_link_to_another_account_leaves_the_login_hint_out(login_provider):
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, login_hint=HINT, prompt="consent")
    page = answer.follow()
    link = page.html.find(id="oauth-other-account")["href"]
    assert "scope=openid" in unquote(link)
    assert HINT not in unquote(unquote(link))


def test_there_is_no_link_to_another_account_with_requested_claims(login_provider):
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, claims=CLAIMS, prompt="consent")
    assert answer.follow().html.find(id="oauth-other-account") is None


class TestRefusedRequestOfASelfRegisteredClient:
    """The error is sent to the client after the login only."""

    @pytest.fixture(autouse=True)
    def self_registered(self, login_provider):
        login_provider.update_application(source="registration")

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"login_hint": HINT, "max_age": "x"}, "invalid_request"),
            ({"claims": CLAIMS, "scope": "none"}, "invalid_scope"),
            ({"request": "e30.e30."}, "invalid_request_object"),
        ],
        ids=["login_hint", "claims", "request"],
    )
    @pytest.mark.spec("RFC 9700", "4.11.2")
    def test_the_error_waits_without_private_parameters(
        self, login_provider, changes, error
    ):
        browser = login_provider.open_browser()
        answer = request_authentication(browser, state="kept", **changes)
        path = parse_login_redirect(answer)[1]
        assert "?" not in path
        second = browser.get(path, status=303)
        assert parse_login_redirect(second)[1] == path
        log_in_with(browser, "alice")
        parameters = parse_redirect(browser.get(path, status=303))
        assert (parameters["error"], parameters["state"]) == (error, "kept")

    def test_the_error_of_a_posted_request_waits_too(self, login_provider):
        browser = login_provider.open_browser()
        form = build_authorization_request(scope="none", oauth_again="1")
        answer = browser.post("/oauth/authorize", form, status=303)
        log_in_with(browser, "alice")
        assert parse_error(return_from_login(browser, answer)) == "invalid_scope"

    def test_a_client_that_changed_in_between_receives_no_error(self, login_provider):
        browser = login_provider.open_browser()
        answer = request_authentication(browser, login_hint=HINT, max_age="x")
        login_provider.update_application(name="Changed", revision=9)
        log_in_with(browser, "alice")
        page = browser.get(parse_login_redirect(answer)[1], status=400)
        assert page.content_type == "text/html"

    def test_another_browser_does_not_find_the_error(self, login_provider):
        answer = request_authentication(
            login_provider.open_browser(), login_hint=HINT, max_age="x"
        )
        other = login_provider.open_browser("bob")
        other.get(parse_login_redirect(answer)[1], status=404)


def test_a_refused_request_that_cannot_be_stored_gets_an_error_page(new_login_provider):
    provider = new_login_provider(pending_requests="1")
    provider.register_client(source="registration")
    browser = provider.open_browser()
    browser.extra_environ["REMOTE_ADDR"] = "192.0.2.1"
    first, second = (
        request_authentication(browser, login_hint=HINT, max_age="x") for _ in range(2)
    )
    assert (first.status_int, second.status_int) == (303, 400)
