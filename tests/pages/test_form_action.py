"""The `form-action` directive of login and consent pages (CSP Level 3).

Chromium applies the directive to every redirect after a form, those of the client too.
"""

from __future__ import annotations

import pytest

from tests.support.host import authorize_client, build_authorization_request
from tests.support.people import People
from tests.support.person import LoggedInUser
from tests.support.provider import POST_LOGOUT_URI

LOOPBACK = "'self' https: http://localhost:* http://127.0.0.1:*"


def form_action(page):
    """The sources of the directive, None without it."""
    for directive in page.headers["Content-Security-Policy"].split("; "):
        name, _, sources = directive.partition(" ")
        if name == "form-action":
            return sources
    return None


def open_consent_page(host, uri):
    host.register_client(redirect_uris=uri, client_type="public", **PUBLIC)
    browser = host.browser()
    browser.get("/login?name=alice")
    parameters = build_authorization_request(redirect_uri=uri)
    return browser.get("/oauth/authorize", parameters, status=303).follow()


PUBLIC = {
    "token_endpoint_auth_method": "none",
    "authorization_grant_type": "authorization_code",
}


@pytest.mark.parametrize(
    ("uri", "sources"),
    [
        ("https://client.example/cb", "'self' https:"),
        ("http://127.0.0.1:8080/cb", LOOPBACK),
        ("http://[::1]:8080/cb", "'self' https: http:"),
        ("com.example.app:/cb", "'self' https: com.example.app:"),
    ],
)
def test_the_consent_page_allows_https_and_the_redirect_uri(host, uri, sources):
    assert form_action(open_consent_page(host, uri)) == sources


def test_a_setting_adds_sources_to_form_action(new_host):
    host = new_host(form_targets="myapp: http://intranet.example")
    page = open_consent_page(host, "https://client.example/cb")
    assert form_action(page) == "'self' https: myapp: http://intranet.example"


def test_the_error_page_allows_forms_to_this_site_only(browser):
    page = browser.get("/oauth/authorize?client_id=unknown", status=400)
    assert form_action(page) == "'self'"


def test_the_logout_page_allows_the_post_logout_redirect_uri(new_logout_provider):
    alice = LoggedInUser(new_logout_provider(people=People))
    assert form_action(alice.end_session()) == "'self'"
    page = alice.end_session(client_id="web", post_logout_redirect_uri=POST_LOGOUT_URI)
    assert form_action(page) == "'self' https:"


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_no_page_of_an_authorization_request_sends_an_opener_policy(browser, client):
    """`display=popup`: Cross-Origin-Opener-Policy would set `window.opener` to null."""
    redirect = browser.get(
        "/oauth/authorize", build_authorization_request(), status=303
    )
    page = redirect.follow(status=200)
    answer = authorize_client(browser)
    form_post = browser.get(
        "/oauth/authorize", build_authorization_request(response_mode="form_post")
    )
    error = browser.get("/oauth/authorize?client_id=unknown", status=400)
    for response in (redirect, page, answer, form_post, error):
        assert "Cross-Origin-Opener-Policy" not in response.headers
