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
def redirecting_provider(new_login_provider):
    provider = new_login_provider()
    provider.register_client(post_logout_redirect_uris=POST_LOGOUT_URI)
    return provider


@pytest.fixture
def forging_browser(redirecting_provider):
    """A browser whose requests name another host than that of the issuer."""
    browser = redirecting_provider.browser()
    browser.extra_environ |= {"HTTP_HOST": FORGED, "HTTP_X_FORWARDED_HOST": FORGED}
    return browser


@pytest.fixture
def forging_user(forging_browser):
    forging_browser.get("/enter?name=alice")
    return forging_browser


def location(answer):
    """The Location of a redirect, as it was sent."""
    assert answer.status_int == 303
    assert FORGED not in answer.location
    assert not answer.location.startswith("//")
    return answer.location


def authorize(browser, path="/oauth/authorize", **changes):
    return browser.get(path, build_authorization_request(**changes))


@pytest.mark.spec("RFC 9110", "10.2.2")
def test_the_redirect_to_the_login_page_is_relative(forging_browser):
    assert location(authorize(forging_browser)).startswith(
        "/login?next=%2Foauth%2Fauthorize"
    )


def test_the_redirect_to_the_consent_page_is_relative(forging_user):
    assert location(authorize(forging_user)).startswith("/oauth/authorize/")


@pytest.mark.parametrize("slashes", ["/", "//", "/./"])
def test_a_trailing_slash_changes_nothing(forging_user, slashes):
    answer = authorize(forging_user, f"/oauth/authorize{slashes}")
    assert location(answer).startswith("/oauth/authorize/")


def test_responses_and_errors_go_to_the_registered_uri(forging_user, forging_browser):
    for decision in ("allow", "deny"):
        assert location(authorize_client(forging_user, decision)).startswith(CALLBACK)
    assert location(authorize(forging_browser, prompt="none")).startswith(CALLBACK)


def test_a_request_posted_by_another_site_is_redirected_on_this_server(forging_browser):
    answer = forging_browser.post("/oauth/authorize", build_authorization_request())
    assert location(answer).startswith("/oauth/authorize?")


def test_the_redirects_of_a_logout_are_relative(forging_user):
    redirect = forging_user.post("/oauth/end_session", {"client_id": "web"})
    assert location(redirect).startswith("/oauth/end_session?")
    form = forging_user.get(redirect.location).forms["oauth-logout"]
    assert form.action.startswith("/oauth/end_session")
    assert FORGED not in form.submit("decision", value="logout").text
