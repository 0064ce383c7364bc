"""Redirects of the server do not depend on the Host header of the request."""

from __future__ import annotations

import pytest

from tests.support.host import (
    CALLBACK,
    authorize_client,
    build_authorization_request,
)
from tests.support.provider import POST_LOGOUT_URI

FORGED = "forged.example"


@pytest.fixture
def provider(new_login_provider):
    made = new_login_provider()
    made.register_client(post_logout_redirect_uris=POST_LOGOUT_URI)
    return made


@pytest.fixture
def browser(provider):
    """A browser whose requests name another host than that of the issuer."""
    forged = provider.browser()
    forged.extra_environ |= {"HTTP_HOST": FORGED, "HTTP_X_FORWARDED_HOST": FORGED}
    return forged


@pytest.fixture
def alice(browser):
    browser.get("/enter?name=alice")
    return browser


def location(answer):
    """The Location of a redirect, as it was sent."""
    assert answer.status_int == 303
    assert FORGED not in answer.location
    assert not answer.location.startswith("//")
    return answer.location


def authorize(browser, path="/oauth/authorize", **changes):
    return browser.get(path, build_authorization_request(**changes))


@pytest.mark.spec("RFC 9110", "10.2.2")
def test_the_redirect_to_the_login_page_is_relative(browser):
    assert location(authorize(browser)).startswith("/login?next=%2Foauth%2Fauthorize")


def test_the_redirect_to_the_consent_page_is_relative(alice):
    assert location(authorize(alice)).startswith("/oauth/authorize/")


@pytest.mark.parametrize("slashes", ["/", "//", "/./"])
def test_a_trailing_slash_changes_nothing(alice, slashes):
    answer = authorize(alice, f"/oauth/authorize{slashes}")
    assert location(answer).startswith("/oauth/authorize/")


def test_responses_and_errors_go_to_the_registered_uri(alice, browser):
    for decision in ("allow", "deny"):
        assert location(authorize_client(alice, decision)).startswith(CALLBACK)
    assert location(authorize(browser, prompt="none")).startswith(CALLBACK)


def test_a_request_posted_by_another_site_is_redirected_on_this_server(browser):
    answer = browser.post("/oauth/authorize", build_authorization_request())
    assert location(answer).startswith("/oauth/authorize?")


def test_the_redirects_of_a_logout_are_relative(alice):
    posted = alice.post("/oauth/end_session", {"client_id": "web"})
    assert location(posted).startswith("/oauth/end_session?")
    form = alice.get(posted.location).forms["oauth-logout"]
    assert form.action.startswith("/oauth/end_session")
    assert FORGED not in form.submit("decision", value="logout").text
