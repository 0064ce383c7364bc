"""Somebody makes an account by an invitation of an administrator.

Overrides the fixture `module_site` by a server that asks for an invitation.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from pyramid_oauth.clock import frozen
from pyramid_oauth.standalone.accounts import invitations
from tests.standalone.mail.conftest import open_mail_site
from tests.standalone.mail.mail_site import PASSWORD, is_logged_in, link_in, path_of


@pytest.fixture(scope="module")
def module_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("invitation")
    with open_mail_site(folder, sign_up="invitation") as opened:
        yield opened


def invite(site, run, mail, *options, code=0):
    return run("user", "invite", site.ini, mail, *options, code=code).output


def printed_link(output):
    return re.search(r"http://\S+", output)[0]


def open_form(site, link, browser=None):
    response = (browser or site.browser()).get(path_of(link), status=303)
    assert response.headers["Referrer-Policy"] == "no-referrer"
    return response.follow(status=200).forms["invitation-form"]


def accept(form, name, password=PASSWORD, status=303):
    form["username"], form["password"] = name, password
    return form.submit(status=status)


def test_an_invitation_by_mail_makes_an_account_with_a_verified_address(mail_site, run):
    invite(mail_site, run, "Ada@example.org", "--send", "--language", "de")
    (mail,) = mail_site.deliver()
    assert mail["To"] == "ada@example.org"
    assert '<html lang="de" dir="ltr">' in mail.get_body(("html",)).get_content()
    browser = mail_site.browser()
    form = open_form(mail_site, link_in(mail), browser)
    assert "ada@example.org" in form.text
    accept(form, "ada")
    assert is_logged_in(browser)
    user = mail_site.user("ada")
    assert (user.mail, user.mail_verified) == ("ada@example.org", True)
    assert mail_site.deliver() == []


def test_the_address_of_a_printed_invitation_is_not_verified_yet(mail_site, run):
    link = printed_link(invite(mail_site, run, "grace@example.org"))
    assert link.startswith("http://localhost:6543/invitation?token=")
    assert mail_site.deliver() == []
    accept(open_form(mail_site, link), "grace")
    user = mail_site.user("grace")
    assert (user.mail, user.mail_verified) == ("grace@example.org", False)
    (mail,) = mail_site.deliver()
    assert mail["Subject"] == "Is this your mail address?"


def test_an_invitation_works_once(mail_site, run):
    link = printed_link(invite(mail_site, run, "once@example.org"))
    forms = [open_form(mail_site, link) for _ in range(2)]
    accept(forms[0], "first-one")
    accept(forms[1], "second-one", status=410)
    mail_site.browser().get(path_of(link)).follow(status=410)
    assert mail_site.user("second-one") is None


def test_an_invitation_expires(mail_site, run):
    with frozen() as clock:
        default = printed_link(invite(mail_site, run, "late@example.org"))
        short = printed_link(
            invite(mail_site, run, "late@example.org", "--expires", "2h")
        )
        clock.advance(7201)
        mail_site.browser().get(path_of(short)).follow(status=410)
        open_form(mail_site, default)
        clock.advance(7 * 86400)
        mail_site.browser().get(path_of(default)).follow(status=410)


@pytest.mark.parametrize(
    ("name", "password", "status", "problem"),
    [
        ("alice", PASSWORD, 409, "taken"),
        ("x", PASSWORD, 400, "3 to 64"),
        ("refused", "short", 400, "at least 10"),
    ],
    ids=["taken", "malformed", "short password"],
)
def test_a_refused_form_leaves_the_invitation_usable(
    mail_site, run, name, password, status, problem
):
    mail = f"again-{status}-{name}@example.org"
    form = open_form(mail_site, printed_link(invite(mail_site, run, mail)))
    refused = accept(form, name, password, status)
    assert problem in refused.html.find(id="problem").text
    accept(refused.forms["invitation-form"], f"again-{status}-{name}")


def test_who_has_an_account_is_not_invited(mail_site, run):
    name = mail_site.add_user()
    output = invite(mail_site, run, f"{name}@example.org", code=1)
    assert "has the address" in output
    assert "is no mail address" in invite(mail_site, run, "nobody", code=2)


def test_a_visitor_cannot_sign_up_without_an_invitation(mail_site):
    browser = mail_site.browser()
    browser.get("/sign-up", status=404)
    assert browser.get("/login").html.find(id="login-sign-up") is None
    browser.get("/invitation", status=410)


def test_a_closed_server_invites_nobody(tmp_path, run):
    with open_mail_site(tmp_path, sign_up="closed") as site:
        site.browser().get("/invitation", status=404)
        assert "closed" in invite(site, run, "ada@example.org", code=1)


@pytest.mark.slow
def test_two_requests_at_once_make_one_account(either_site, run, monkeypatch):
    link = printed_link(invite(either_site, run, "race@example.org"))
    forms = [open_form(either_site, link) for _ in range(4)]
    together, compute = Barrier(len(forms)), invitations.hash_chosen

    def meet(password):
        hashed = compute(password)
        together.wait(20)
        return hashed

    monkeypatch.setattr(invitations, "hash_chosen", meet)

    def attempt(pair):
        return accept(pair[1], f"racer{pair[0]}", status="*").status_int

    with ThreadPoolExecutor(len(forms)) as threads:
        statuses = list(threads.map(attempt, enumerate(forms)))
    assert sorted(statuses) == [303, 410, 410, 410]
    made = [n for n in range(4) if either_site.user(f"racer{n}") is not None]
    assert made == [statuses.index(303)]
