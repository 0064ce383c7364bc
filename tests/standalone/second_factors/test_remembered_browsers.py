"""Browsers in which the second step is not due for a while."""

from __future__ import annotations

import pytest

from pyramid_oauth.clock import frozen
from tests.standalone.conftest import keep_password, log_in
from tests.standalone.second_factors.conftest import (
    add_app,
    add_passkey,
    code_of,
    is_logged_in,
    new_browser,
    on_each_engine,
    start_login,
)

DAY = 86400


@pytest.fixture
def remembering_site(new_two_step_site):
    return new_two_step_site(**{"standalone.remember_browser": str(30 * DAY)})


def log_in_and_remember(site, secret, steps=1):
    """Log in by both steps in a new browser, which is remembered; return it."""
    browser = new_browser(site)
    form = start_login(browser).forms["second_step"]
    form["code"], form["remember"] = code_of(secret, steps), True
    form.submit(status=303)
    browser.get("/login")
    return browser


def needs_second_step(browser):
    return "/login/second-step" in log_in(browser).location


@pytest.fixture
def app_secret(remembering_site):
    """The secret of the app of alice."""
    log_in(remembering_site)
    return add_app(remembering_site)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Do not ask in this browser for 30 days"),
        ("zh", "30 天内不再在此浏览器中询问"),
        ("ja", "このブラウザーでは 30 日間確認しない"),
    ],
)
def test_the_second_step_says_for_how_long_a_browser_is_remembered(
    remembering_site, app_secret, language, text
):
    browser = new_browser(remembering_site)
    browser.extra_environ["HTTP_ACCEPT_LANGUAGE"] = language
    assert text in start_login(browser).text


@on_each_engine
def test_a_remembered_browser_is_not_asked_until_the_time_is_over(
    remembering_site, app_secret
):
    with frozen() as clock:
        browser = log_in_and_remember(remembering_site, app_secret)
        assert log_in(browser).location == "/"
        assert is_logged_in(browser)
        assert needs_second_step(new_browser(remembering_site))
        clock.advance(30 * DAY - 1)
        assert not needs_second_step(browser)
        clock.advance(2)
        assert needs_second_step(browser)


def test_another_user_of_the_browser_is_asked(remembering_site, app_secret):
    browser = log_in_and_remember(remembering_site, app_secret)
    log_in(browser, "bob", "builder-bob")
    other = new_browser(remembering_site)
    log_in(other, "bob", "builder-bob")
    assert not needs_second_step(browser)
    # The value of the cookie without its signature is worth nothing.
    name = next(each.name for each in browser.cookiejar if "remembered" in each.name)
    value = browser.cookies[name]
    forged = new_browser(remembering_site)
    forged.set_cookie(name, value[:-4] + "AAAA")
    assert needs_second_step(forged)


def test_a_new_password_ends_it(remembering_site, app_secret):
    browser = log_in_and_remember(remembering_site, app_secret)
    with keep_password(remembering_site):
        form = browser.get("/password").forms[0]
        form["current"], form["password"] = "wonderland", "another wonderful land"
        form.submit(status=303)
        assert (
            "/login/second-step"
            in log_in(browser, password="another wonderful land").location
        )


def test_a_change_of_the_factors_ends_it(remembering_site, app_secret, authenticator):
    browser = log_in_and_remember(remembering_site, app_secret)
    add_passkey(browser, authenticator)
    assert needs_second_step(browser)


def test_a_logout_everywhere_ends_it(remembering_site, app_secret):
    browser = log_in_and_remember(remembering_site, app_secret)
    page = browser.get("/oauth/sessions")
    token = page.forms[0]["csrf_token"].value
    browser.post("/oauth/sessions", {"csrf_token": token, "end": "others"})
    assert needs_second_step(browser)


def test_who_asks_for_two_factors_gets_them(remembering_site, app_secret):
    browser = log_in_and_remember(remembering_site, app_secret)
    form = browser.get("/login?need=mfa&next=/two-step").forms["login"]
    form["username"], form["password"] = "alice", "wonderland"
    assert "/login/second-step" in form.submit(status=303).location


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "standalone.remember_browser": "86400",
            "standalone.second_factor": "required",
        },
    ],
    ids=["off-by-default", "not-where-two-factors-are-required"],
)
def test_no_browser_is_remembered_unless_the_settings_say_so(
    new_two_step_site, settings
):
    site = new_two_step_site()
    log_in(site)
    secret = add_app(site)
    strict = new_two_step_site(**settings)
    page = start_login(new_browser(strict))
    assert page.html.find(id="remember-browser") is None
    form = page.forms["second_step"]
    form["code"] = code_of(secret)
    form.submit([("remember", "yes")], status=303)
