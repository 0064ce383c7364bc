"""Authorization requests that pages of other sites post.

SameSite keeps the cookies out of a form of another site. The tests send the form from a
browser without cookies and follow the response in the browser of alice.
"""

from __future__ import annotations

import json

import pytest

from tests.support.authentication import (
    CORE,
    is_login_redirect,
    redeem_id_token,
    request_authentication,
)
from tests.support.host import build_authorization_request
from tests.support.wsgi import status_of

REQUEST = {"scope": "openid", "nonce": "n"}
LONG = json.dumps({"userinfo": {f"claim_{n}": None for n in range(150)}})


@pytest.fixture
def known_browser(login_provider):
    """A browser at which alice has authorized the client."""
    browser = login_provider.open_browser("alice")
    request_authentication(browser)
    return browser


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_request_posted_by_another_site_keeps_the_login(
    login_provider, known_browser
):
    answer = login_provider.browser().post(
        "/oauth/authorize", build_authorization_request(**REQUEST), status=303
    )
    assert "Set-Cookie" not in answer.headers, "the cookies of alice stay"
    answer = known_browser.get(answer.location)
    assert redeem_id_token(login_provider, login_provider.web, answer)["nonce"] == "n"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_posted_request_too_long_for_a_url_is_posted_again_from_our_page(
    login_provider, known_browser
):
    form = build_authorization_request(**REQUEST, claims=LONG)
    page = login_provider.browser().post("/oauth/authorize", form, status=200)
    assert "Set-Cookie" not in page.headers
    second = page.forms["oauth-form-post"]
    assert second.action == "/oauth/authorize"
    policy = page.headers["Content-Security-Policy"]
    assert "form-action" not in policy, "the response may redirect to the client"
    fields = {name: value for name, value in second.submit_fields() if name}
    assert form.items() <= fields.items()
    answer = known_browser.post("/oauth/authorize", fields, status=303)
    assert redeem_id_token(login_provider, login_provider.web, answer)["nonce"] == "n"


def test_a_browser_without_cookies_is_sent_to_log_in_without_a_loop(
    login_provider,
):
    form = build_authorization_request(**REQUEST, claims=LONG)
    page = login_provider.browser().post("/oauth/authorize", form)
    fields = {k: v for k, v in page.forms["oauth-form-post"].submit_fields() if k}
    answer = login_provider.browser().post("/oauth/authorize", fields)
    assert is_login_redirect(answer)
    assert "oauth_again" not in answer.location


def without_annotation(config):
    config.add_settings({"tm.annotate_user": "no"})


@pytest.mark.parametrize(
    "cookie",
    [
        'a="\\377"',
        'session="\\377"; a=b',
        '__Host-oauth_browser="\\377"',
        '__Host-oauth_session="\\303"; oauth_session_state="\\377"',
        'a="\\377;b=1;c="',
        'a="\xff"',
    ],
)
@pytest.mark.parametrize(
    "path", ["/oauth/authorize", "/oauth/end_session", f"/oauth/authorize/{'a' * 43}"]
)
def test_a_cookie_header_that_cannot_be_decoded_is_no_server_error(
    new_login_provider, cookie, path
):
    # pyramid_tm would read the user from the cookies before our views are called.
    login_provider = new_login_provider(configure=without_annotation)
    answer = status_of(login_provider.wsgi, path, HTTP_COOKIE=cookie)
    assert answer in (200, 303, 400, 404)


def test_a_cookie_that_cannot_be_decoded_does_not_hide_the_others(new_login_provider):
    login_provider = new_login_provider(configure=without_annotation)
    login_provider.register_client()
    alice = login_provider.open_browser("alice")
    page = request_authentication(alice).location
    cookies = "; ".join(f"{name}={value}" for name, value in alice.cookies.items())
    assert (
        status_of(login_provider.wsgi, page, HTTP_COOKIE=f'{cookies}; b="\\377"') == 200
    )
    assert status_of(login_provider.wsgi, page, HTTP_COOKIE='b="\\377"') == 404


def test_a_get_with_a_latin_1_charset_is_no_server_error(new_login_provider):
    login_provider = new_login_provider(configure=without_annotation)
    environ = {"CONTENT_TYPE": "text/plain; charset=latin-1"}
    for path in ("/oauth/authorize", "/oauth/end_session"):
        assert status_of(login_provider.wsgi, path, **environ) in (200, 400)


def test_storing_an_authorization_request_deletes_expired_ones(
    login_provider, frozen_clock
):
    """Repeated requests store no more rows than unexpired requests."""
    for _ in range(16):
        request_authentication(login_provider.open_browser(), prompt="login")
    count = login_provider.count("AuthorizationRequest")
    frozen_clock.advance(901)
    for _ in range(16):
        request_authentication(login_provider.open_browser(), prompt="login")
    assert login_provider.count("AuthorizationRequest") == count
