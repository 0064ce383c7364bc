"""Users get notices by mail about security events of their account.

Overrides the fixture `module_site` by a server that sends every notice.
"""

from __future__ import annotations

import pytest

from pyramid_oauth.clock import frozen
from pyramid_oauth.standalone.accounts import notices
from pyramid_oauth.standalone.settings import NOTICES
from tests.standalone.mail.conftest import open_mail_site
from tests.standalone.mail.mail_site import log_in, text_of

ACCESS = "An application has new access to your account"
LOGIN = "A log-in in a new browser"
REPLAY = "The access of an application was ended"


@pytest.fixture(scope="module")
def module_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notices")
    with open_mail_site(folder, notices=" ".join(NOTICES)) as opened:
        yield opened


def subjects(site):
    return sorted(mail["Subject"] for mail in site.deliver())


def test_a_log_in_in_a_new_browser_causes_one_notice(mail_site):
    name, browser = mail_site.add_user(), mail_site.browser()
    log_in(browser, name)
    (mail,) = mail_site.deliver()
    assert (mail["To"], mail["Subject"]) == (f"{name}@example.org", LOGIN)
    assert "http://localhost:6543/profile" in text_of(mail)
    log_in(browser, name)
    assert subjects(mail_site) == []
    log_in(mail_site.browser(), name)
    assert subjects(mail_site) == [LOGIN]


def test_a_failed_log_in_causes_no_notice(mail_site):
    log_in(mail_site.browser(), mail_site.add_user(), "guess")
    assert subjects(mail_site) == []


def test_a_notice_of_new_access_omits_the_text_of_the_application(mail_site):
    name = mail_site.add_user()
    request = {"scope": "read", "approval_prompt": "force"}
    mail_site.obtain_tokens(name, **request)
    mails = {mail["Subject"]: mail for mail in mail_site.deliver()}
    assert set(mails) == {ACCESS, LOGIN}
    assert "Playground" not in mails[ACCESS].as_string()
    mail_site.obtain_tokens(name, **request)
    assert subjects(mail_site) == [LOGIN]
    mail_site.obtain_tokens(name, **{**request, "scope": "read write"})
    assert subjects(mail_site) == [LOGIN, ACCESS]


def test_a_replayed_code_causes_a_notice(mail_site):
    name = mail_site.add_user()
    with frozen() as clock:
        _, form = mail_site.redeem(name, scope="read", approval_prompt="force")
        mail_site.deliver()
        clock.advance(300)
        mail_site.browser().post("/oauth/token", form, status=400)
        assert subjects(mail_site) == [REPLAY]


def test_notices_of_one_kind_are_limited(mail_site, monkeypatch):
    monkeypatch.setattr(notices, "MOST", 2)
    name = mail_site.add_user()
    for _ in range(4):
        log_in(mail_site.browser(), name)
    assert subjects(mail_site) == [LOGIN, LOGIN]


def test_a_notice_that_cannot_be_stored_does_not_change_the_response(
    mail_site, monkeypatch, caplog
):
    def fail(request, name, subject):
        if name == "access":  # the log-in has a notice of its own
            raise RuntimeError("no room")

    name = mail_site.add_user()
    monkeypatch.setattr(notices, "send_notice", fail)
    assert mail_site.obtain_tokens(name, scope="read", approval_prompt="force")
    assert "could not be stored" in caplog.text


@pytest.mark.parametrize("setting", ["", "password"])
def test_the_setting_selects_the_notices(tmp_path, setting):
    with open_mail_site(tmp_path, notices=setting) as site:
        name = site.add_user()
        site.obtain_tokens(name, scope="read", approval_prompt="force")
        assert subjects(site) == []
