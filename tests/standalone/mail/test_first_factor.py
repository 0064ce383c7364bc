"""The first second factor of an account needs a link in a mail (RFC 9470 step-up)."""

from __future__ import annotations

import warnings

import pyotp
import pytest
from pyramid.paster import get_app

from pyramid_oauth.clock import now
from pyramid_oauth.errors import InsecureSettingWarning
from tests.standalone.conftest import PLAYGROUND_REQUEST
from tests.standalone.mail.conftest import open_mail_site
from tests.standalone.mail.mail_site import NEW_PASSWORD, PASSWORD, link_in, log_in
from tests.support.command_line import make_demo_site

MFA = "https://refeds.org/profile/mfa"
OFF, ON = "confirm_first_factor = false", "confirm_first_factor = true"


@pytest.fixture(scope="module")
def confirming_site(tmp_path_factory):
    """The server, on which the first factor needs a confirmation."""
    folder = tmp_path_factory.mktemp("first_factor")
    with open_mail_site(folder, changes={OFF: ON}) as opened:
        yield opened


@pytest.fixture
def factorless(confirming_site):
    """The name of a user with a verified address, and a browser logged in as them."""
    confirming_site.forget()
    name, browser = confirming_site.add_user(), confirming_site.browser()
    assert log_in(browser, name)
    return name, browser


def begin_app(browser):
    """Press the button that adds an app to the account."""
    return browser.get("/two-step").forms["add-app"].submit(status="*")


def confirm_app(page):
    """Enter the first code of the app of a page; return the response."""
    secret = page.html.find(id="app-secret").get_text().replace(" ", "").strip()
    form = page.forms["app_confirm"]
    form["code"] = pyotp.TOTP(secret).at(int(now().timestamp()))
    return form.submit(status="*")


def follow_link(browser, mail):
    return browser.get(link_in(mail)).follow(status="*")


def step_up(browser, name):
    """Log in where an application asks for two factors; return the page after it."""
    asked = {**PLAYGROUND_REQUEST, "scope": "openid", "acr_values": MFA}
    answer = browser.get("/oauth/authorize", asked, status=303)
    form = answer.follow().forms["login"]
    form["username"], form["password"] = name, PASSWORD
    return form.submit(status=303).follow(status=200)


@pytest.mark.spec("RFC 9470", "4")
def test_a_password_alone_adds_no_factor_in_a_step_up_log_in(
    confirming_site, factorless
):
    name, browser = factorless
    page = step_up(browser, name)
    refused = page.forms["app_setup"].submit(status=403)
    assert "app-secret" not in refused.text
    way_back = refused.html.find("a", class_="primary")["href"]
    assert "/login/second-step?" in way_back
    browser.get(page.html.find(id="set-up-passkey")["href"], status=403)
    mails = confirming_site.deliver()
    assert {mail["To"] for mail in mails} == {f"{name}@example.org"}
    assert follow_link(browser, mails[0]).status_int == 200
    page = browser.get(way_back, status=200).forms["app_setup"].submit(status=200)
    assert confirm_app(page).status_int == 303
    assert browser.get("/two-step", status=200).html.find(id="add-app") is None
    assert follow_link(browser, mails[0]).status_int == 410


def test_the_list_of_factors_asks_for_the_link_too(confirming_site, factorless):
    _, browser = factorless
    assert begin_app(browser).status_int == 403
    assert browser.get("/two-step/passkey", status="*").status_int == 403
    (mail, _) = confirming_site.deliver()
    follow_link(browser, mail)
    assert confirm_app(begin_app(browser)).status_int == 303
    # Whoever has a factor logs in by it, so that no link is needed.
    assert browser.get("/two-step/passkey", status=200)


def test_a_link_followed_in_another_browser_confirms_nothing(
    confirming_site, factorless
):
    _, browser = factorless
    assert begin_app(browser).status_int == 403
    (mail,) = confirming_site.deliver()
    other = confirming_site.browser()
    assert follow_link(other, mail).status_int == 200
    assert begin_app(browser).status_int == 403
    stranger = confirming_site.browser()
    assert log_in(stranger, confirming_site.add_user())
    follow_link(stranger, mail)
    assert begin_app(stranger).status_int == 403


def test_a_new_password_ends_the_link(confirming_site, factorless):
    name, browser = factorless
    begin_app(browser)
    (mail,) = confirming_site.deliver()
    follow_link(browser, mail)
    form = browser.get("/password").forms["password-form"]
    form["current"], form["password"] = PASSWORD, NEW_PASSWORD
    form.submit(status=303)
    assert log_in(browser, name, NEW_PASSWORD)
    assert begin_app(browser).status_int == 403


def test_who_has_no_verified_address_cannot_confirm(confirming_site):
    browser = confirming_site.browser()
    assert log_in(browser, confirming_site.add_user(mail_verified=False))
    assert begin_app(browser).status_int == 200


def test_the_links_are_limited(confirming_site, factorless):
    _, browser = factorless
    for _ in range(30):
        assert begin_app(browser).status_int == 403
    assert 0 < len(confirming_site.deliver()) < 30


def test_start_up_names_the_setting_that_is_off(tmp_path):
    changes = {"standalone.development = true": "standalone.development = false"}
    ini = make_demo_site(tmp_path / "site.ini", changes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InsecureSettingWarning)
        app = get_app(str(ini))
    app.registry["fast_session.database"].dispose()
    assert any("confirm_first_factor" in str(each.message) for each in caught)
