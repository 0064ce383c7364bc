"""Cookies that only this host can set (RFC 6265bis section 4.1.3.2, `__Host-`)."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from webtest import TestApp

from tests.support.host import build_authorization_request
from tests.support.people import People
from tests.support.person import LoggedInUser

OURS = {"oauth_browser", "oauth_session"}


def cookies_of(answer):
    """The cookies that a response sets, by name."""
    found = SimpleCookie()
    for header in answer.headers.getall("Set-Cookie"):
        found.load(header)
    return found


def set_by_a_login_and_a_logout(provider):
    """Log alice in to a client and out; the cookies that were set and then deleted."""
    alice = LoggedInUser(provider)
    kept = []
    get = alice.browser.do_request

    def noting(*arguments, **named):
        answer = get(*arguments, **named)
        kept.append(cookies_of(answer))
        return answer

    alice.browser.do_request = noting
    hint = alice.log_in_at_client()["id_token"]
    begun = {name: cookie for each in kept for name, cookie in each.items()}
    return begun, cookies_of(alice.end_session(id_token_hint=hint))


def test_at_an_https_issuer_the_cookies_can_only_be_set_by_this_host(
    new_logout_provider,
):
    provider = new_logout_provider(people=People)
    begun, ended = set_by_a_login_and_a_logout(provider)
    for name in OURS:
        assert name not in begun
        cookie = begun[f"__Host-{name}"]
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
    deleted = ended["__Host-oauth_session"]
    assert (deleted.value, deleted["max-age"], deleted["path"]) == ("", "0", "/")
    assert deleted["secure"], "browsers keep the cookie otherwise"


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_at_an_http_issuer_the_cookies_have_plain_names(new_logout_provider):
    provider = new_logout_provider(people=People, issuer="http://localhost/oauth")
    begun, _ = set_by_a_login_and_a_logout(provider)
    assert begun.keys() >= OURS
    assert not any(begun[name]["secure"] for name in OURS)


def test_a_cookie_of_another_host_in_the_domain_is_not_accepted(host):
    """Such a host can set `oauth_browser`, with its own value, for all of them."""
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=mallory")
    begun = browser.get("/oauth/authorize", build_authorization_request(), status=303)
    value = browser.cookies["__Host-oauth_browser"]
    other = TestApp(host.wsgi, extra_environ=browser.extra_environ)
    other.get("/login?name=mallory")
    other.set_cookie("oauth_browser", value)
    assert other.get(begun.location, expect_errors=True).status_int == 404
