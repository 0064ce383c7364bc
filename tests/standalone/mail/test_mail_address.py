"""Users enter, verify and change their mail address."""

from __future__ import annotations

import pytest

from pyramid_oauth.clock import frozen
from tests.standalone.mail.mail_site import (
    NEW_PASSWORD,
    PASSWORD,
    link_in,
    log_in,
    path_of,
    text_of,
)


def sign_up(browser, name, mail="", status=303):
    form = browser.get("/sign-up").forms["sign_up"]
    form["username"], form["password"], form["mail"] = name, PASSWORD, mail
    return form.submit(status=status)


def change_mail(browser, mail, current=PASSWORD, status=200):
    form = browser.get("/mail").forms["mail-form"]
    form["mail"], form["current"] = mail, current
    return form.submit(status=status)


def logged_in(site, **values):
    """Return a browser with a new logged-in user, and the user name."""
    name, browser = site.add_user(**values), site.browser()
    assert log_in(browser, name)
    return browser, name


def confirm(browser, link, status=200):
    return browser.get(path_of(link)).forms["verify-form"].submit(status=status)


def address_of(site, name):
    user = site.user(name)
    return user.mail, user.mail_verified


def test_an_address_given_at_sign_up_is_verified_by_a_link(mail_site):
    browser = mail_site.browser(HTTP_ACCEPT_LANGUAGE="de")
    sign_up(browser, "mary", "Mary@example.org")
    assert address_of(mail_site, "mary") == ("mary@example.org", False)
    (mail,) = mail_site.deliver()
    assert mail["To"] == "mary@example.org"
    assert '<html lang="de"' in mail.get_body(("html",)).get_content()
    confirm(browser, link_in(mail))
    assert address_of(mail_site, "mary") == ("mary@example.org", True)


def test_nobody_has_to_give_an_address(mail_site):
    sign_up(mail_site.browser(), "anon")
    assert address_of(mail_site, "anon") == (None, False)
    assert mail_site.deliver() == []


def test_a_malformed_address_is_refused(mail_site):
    browser = mail_site.browser()
    refused = sign_up(browser, "malform", "a@b.org\r\nBcc: c@d.org", status=400)
    assert "no mail address" in refused.html.find(id="problem").text
    assert mail_site.user("malform") is None


def test_the_letter_repeats_nothing_that_a_stranger_typed(mail_site):
    """Otherwise anybody could send arbitrary text to any address."""
    sign_up(mail_site.browser(), "buy-at.evil.example", "victim@example.org")
    (mail,) = mail_site.deliver()
    assert "evil.example" not in mail.as_string()


def test_a_click_of_somebody_else_verifies_nothing(mail_site):
    """Somebody entered the address of another person, who follows the link."""
    sign_up(mail_site.browser(), "stranger", "yours@example.org")
    (mail,) = mail_site.deliver()
    response = mail_site.browser().get(path_of(link_in(mail)), status=303)
    assert "/login?next=%2Fmail%2Fverify%3Ftoken%3D" in response.location
    other, _ = logged_in(mail_site)
    other.get(path_of(link_in(mail)), status=410)
    assert address_of(mail_site, "stranger") == ("yours@example.org", False)


def test_the_link_leads_on_after_the_log_in(mail_site):
    name = mail_site.add_user(mail=None, mail_verified=False)
    first = mail_site.browser()
    log_in(first, name)
    change_mail(first, "later@example.org")
    (mail,) = mail_site.deliver()
    phone = mail_site.browser()
    page = phone.get(path_of(link_in(mail))).follow()
    form = page.forms["login"]
    form["username"], form["password"] = name, PASSWORD
    form.submit(status=303).follow().forms["verify-form"].submit(status=200)
    assert address_of(mail_site, name) == ("later@example.org", True)


def test_a_verified_address_stays_until_the_new_one_is_verified(mail_site):
    browser, name = logged_in(mail_site)
    change_mail(browser, "new-address@example.org")
    assert address_of(mail_site, name) == (f"{name}@example.org", True)
    (mail,) = mail_site.deliver()
    confirm(browser, link_in(mail))
    assert address_of(mail_site, name) == ("new-address@example.org", True)
    (notice,) = mail_site.deliver()
    assert (notice["To"], notice["Subject"]) == (
        f"{name}@example.org",
        "Your mail address was changed",
    )
    assert "new-address" not in text_of(notice)


def test_a_change_needs_the_password(mail_site):
    browser, _ = logged_in(mail_site)
    refused = change_mail(browser, "thief@example.org", "guess", status=403)
    assert "wrong" in refused.html.find(id="problem").text
    assert mail_site.deliver() == []


def test_a_pending_change_ends_with_the_password(mail_site):
    browser, name = logged_in(mail_site)
    change_mail(browser, "thief@example.org")
    (mail,) = mail_site.deliver()
    form = browser.get("/password").forms["password-form"]
    form["current"], form["password"] = PASSWORD, NEW_PASSWORD
    form.submit(status=303)
    browser.get(path_of(link_in(mail)), status=410)
    assert address_of(mail_site, name)[0] == f"{name}@example.org"


def test_a_link_works_once_and_expires(mail_site):
    with frozen() as clock:
        browser, name = logged_in(mail_site)
        change_mail(browser, "once@example.org")
        change_mail(browser, "late@example.org")
        links = {mail["To"]: link_in(mail) for mail in mail_site.deliver()}
        confirm(browser, links["once@example.org"])
        browser.get(path_of(links["once@example.org"]), status=410)
        clock.advance(60)
        change_mail(browser, "later@example.org")
        later = [mail for mail in mail_site.deliver() if "later" in mail["To"]]
        clock.advance(86401)
        new = mail_site.browser()
        log_in(new, name)
        new.get(path_of(link_in(later[0])), status=410)


def test_an_address_belongs_to_one_account(mail_site):
    mail_site.add_user(mail="owner@example.org")
    browser, name = logged_in(mail_site, mail=None, mail_verified=False)
    assert "on its way" in change_mail(browser, "owner@example.org").text
    (mail,) = mail_site.deliver()
    refused = confirm(browser, link_in(mail), status=409)
    assert "Another account" in refused.html.h1.text
    assert address_of(mail_site, name)[1] is False


def test_links_to_one_address_are_limited_over_all_accounts(mail_site):
    for number in range(3):
        sign_up(mail_site.browser(), f"bomber{number}", "victim@example.org")
    sign_up(mail_site.browser(), "bomber3", "victim@example.org")
    assert len(mail_site.deliver()) == 3
    browser, _ = logged_in(mail_site, mail=None, mail_verified=False)
    refused = change_mail(browser, "victim@example.org", status=429)
    assert refused.headers["Retry-After"]


@pytest.mark.spec("OpenID Connect Core", "5.1")
@pytest.mark.parametrize("is_verified", [True, False])
def test_the_claims_tell_whether_the_address_is_verified(mail_site, is_verified):
    name = mail_site.add_user(mail_verified=is_verified)
    tokens = mail_site.obtain_tokens(name, scope="openid email", prompt="consent")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    claims = mail_site.browser().get("/oauth/userinfo", headers=headers).json
    assert claims["email"] == f"{name}@example.org"
    assert claims["email_verified"] is is_verified
