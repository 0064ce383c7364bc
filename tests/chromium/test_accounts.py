"""The pages of an account in a browser: mail addresses, invitations, a new password."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy

import pytest

from tests.chromium.conftest import make_site, serve
from tests.chromium.test_pages import check_page, log_in, open_watched_page
from tests.support.command_line import run_command
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MORE = "standalone.link_attempts = 100"
RESET = "Choose a new password"


@pytest.fixture(scope="module")
def account_ini(tmp_path_factory):
    port = free_port()
    return port, make_site(tmp_path_factory.mktemp("accounts"), port, MORE)


@pytest.fixture(scope="module")
def account_origin(account_ini):
    port, ini = account_ini
    with serve(ini, port) as origin:
        yield origin


def link_in_mail(ini, address, subject):
    """Wait for the mail with this subject to an address; return its link."""
    for _ in range(100):
        for path in ini.parent.glob("var/mail/*.eml"):
            mail = message_from_bytes(path.read_bytes(), policy=policy.SMTP)
            if (mail["To"], mail["Subject"]) == (address, subject):
                path.unlink()
                text = mail.get_body(("plain",)).get_content()
                return re.search(r"http://\S+", text)[0]
        time.sleep(0.1)
    raise AssertionError(f"there is no mail {subject!r}")


def ask_for_link(page, site, name):
    page.goto(f"{site}/login")
    page.click("#login-forgotten")
    page.fill("#forgotten-username", name)
    page.click("#forgotten-submit")
    page.wait_for_selector("#outcome")


def open_profile(page, site, ini, *clicks):
    log_in(page, site)
    page.goto(site)
    for selector in ("#profile", *clicks):
        page.click(selector)


def open_verification(page, site, ini):
    open_profile(page, site, ini, "#profile-mail")
    page.fill("#mail-mail", "alice.liddell@example.org")
    page.fill("#mail-current", "wonderland")
    page.click("#mail-submit")
    subject = "Is this your mail address?"
    page.goto(link_in_mail(ini, "alice.liddell@example.org", subject))


def open_reset(page, site, ini):
    ask_for_link(page, site, "alice")
    page.goto(link_in_mail(ini, "alice@example.org", RESET))


def open_refused_sign_up(page, site, ini):
    page.goto(f"{site}/sign-up")
    page.fill("#signup-username", "x")
    page.fill("#signup-password", "short")
    page.fill("#signup-mail", "ada@example.org")
    page.evaluate("document.querySelector('form').noValidate = true")
    page.click("#signup-submit")


def open_invitation(page, site, ini):
    output = run_command("user", "invite", ini, "ada@example.org")
    page.goto(re.search(r"http://\S+", output)[0])


PAGES = {
    "profile": open_profile,
    "change_mail": lambda *given: open_profile(*given, "#profile-mail"),
    "delete_account": lambda *given: open_profile(*given, "#delete-account"),
    "verify_mail": open_verification,
    "forgotten_password": lambda page, site, _: page.goto(f"{site}/password/forgotten"),
    "outcome": lambda page, site, _: ask_for_link(page, site, "nobody"),
    "reset_password": open_reset,
    "invitation": open_invitation,
    "sign_up": open_refused_sign_up,
}


@pytest.mark.usefixtures("axe")
def test_the_pages_are_accessible(
    chromium, account_origin, account_ini, scheme, tmp_path
):
    _, ini = account_ini
    for name, open_page in PAGES.items():
        options = {"color_scheme": scheme, "bypass_csp": True}
        with chromium.new_context(**options) as context:
            page = context.new_page()
            open_page(page, account_origin, ini)
            check_page(page, tmp_path, f"{name}-{scheme}")


def test_an_invited_user_resets_the_password(
    either_context, account_origin, account_ini
):
    _, ini = account_ini
    name = f"ada-{either_context.has_script}".lower()
    address = f"{name}@example.org"
    run_command("user", "invite", ini, address, "--send")
    page, console_errors = open_watched_page(either_context)
    page.goto(link_in_mail(ini, address, "You are invited to make an account"))
    assert "token" not in page.url
    page.fill("#invitation-username", name)
    page.fill("#invitation-password", "correct horse battery")
    page.click("#invitation-submit")
    page.wait_for_selector("#profile")
    page.click("#logout")
    ask_for_link(page, account_origin, address)
    page.goto(link_in_mail(ini, address, RESET))
    assert "token" not in page.url
    page.fill("#reset-password", "staple staples stapled")
    page.click("#reset-submit")
    page.click("#outcome-on")
    page.fill("#username", name)
    page.fill("#password", "staple staples stapled")
    page.click("#login-submit")
    page.wait_for_selector("#profile")
    assert console_errors == []
