"""Cookies that only this host can set (RFC 6265bis section 4.1.3.2, `__Host-`)."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from webtest import TestApp

from tests.support.host import build_authorization_request
from tests.support.people import People
from tests.support.person import LoggedInUser

COOKIE_NAMES = {"oauth_browser", "oauth_session"}


def cookies_of(answer):
    """The cookies that a response sets, by name."""
    cookies = SimpleCookie()
    for header in answer.headers.getall("Set-Cookie"):
        cookies.load(header)
    return cookies


def log_in_and_out(provider):
    """Log alice in to a client and out; the set cookies and the deleted cookies."""
    alice = LoggedInUser(provider)
    responses = []
    send = alice.browser.do_request

    def send_and_record(*arguments, **named):
        answer = send(*arguments, **named)
        responses.append(cookies_of(answer))
        return answer

    alice.browser.do_request = send_and_record
    hint = alice.log_in_at_client()["id_token"]
    set_cookies = {
        name: cookie for cookies in responses for name, cookie in cookies.items()
    }
    return set_cookies, cookies_of(alice.end_session(id_token_hint=hint))


def test_at_an_https_issuer_the_cookies_can_only_be_set_by_this_host(
    new_logout_provider,
):
    provider = new_logout_provider(people=People)
    set_cookies, deleted_cookies = log_in_and_out(provider)
    for name in COOKIE_NAMES:
        assert name not in set_cookies
        cookie = set_cookies[f"__Host-{name}"]
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
    deleted = deleted_cookies["__Host-oauth_session"]
    assert (deleted.value, deleted["max-age"], deleted["path"]) == ("", "0", "/")
    assert deleted["secure"], "browsers keep the cookie otherwise"


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_at_an_http_issuer_the_cookies_have_plain_names(new_logout_provider):
    provider = new_logout_provider(people=People, issuer="http://localhost/oauth")
    set_cookies, _ = log_in_and_out(provider)
    assert set_cookies.keys() >= COOKIE_NAMES
    assert not any(set_cookies[name]["secure"] for name in COOKIE_NAMES)


@pytest.mark.parametrize(
    "cookie",
    ["oauth_browser={}", "x=y __Host-oauth_browser={}", "x,__Host-oauth_browser={}"],
)
def test_a_cookie_of_another_host_in_the_domain_is_not_accepted(host, cookie):
    """Another host can set cookies without our prefix for the whole domain."""
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=mallory")
    redirect = browser.get(
        "/oauth/authorize", build_authorization_request(), status=303
    )
    value = browser.cookies["__Host-oauth_browser"]
    other = TestApp(host.wsgi, extra_environ=browser.extra_environ)
    other.get("/login?name=mallory")
    own = "; ".join(f"{name}={text}" for name, text in other.cookies.items())
    headers = {"Cookie": f"{own}; {cookie.format(value)}"}
    other.cookiejar.clear()
    found = other.get(redirect.location, headers=headers, expect_errors=True)
    assert found.status_int == 404
