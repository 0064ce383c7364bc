"""A user who has forgotten the password chooses a new one by a link in a mail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import event

from pyramid_oauth.clock import frozen
from pyramid_oauth.standalone.accounts import reset_password
from tests.standalone.mail.mail_site import (
    NEW_PASSWORD,
    PASSWORD,
    is_logged_in,
    link_in,
    log_in,
    path_of,
    text_of,
)


def ask(browser, name, status=200):
    form = browser.get("/password/forgotten").forms["forgotten_password"]
    form["username"] = name
    return form.submit(status=status)


def obtain_link(site, name):
    ask(site.browser(), name)
    (mail,) = site.deliver()
    return link_in(mail)


def open_form(browser, link):
    return browser.get(path_of(link), status=303).follow(status=200).forms["reset-form"]


def choose(form, password=NEW_PASSWORD, status="*"):
    form["password"] = password
    return form.submit(status=status)


@pytest.mark.parametrize("by", ["name", "address", "address in capitals"])
def test_the_link_lets_the_user_choose_a_new_password(mail_site, by):
    name = mail_site.add_user()
    typed = {"name": name, "address": f"{name}@example.org"}
    link = obtain_link(mail_site, typed.get(by, f" {name}@EXAMPLE.org"))
    response = choose(open_form(mail_site.browser(), link), status=200)
    assert "Your password is changed" in response.html.h1.text
    assert not log_in(mail_site.browser(), name)
    assert log_in(mail_site.browser(), name, NEW_PASSWORD)


def test_the_mail_goes_to_the_address_of_the_account_in_two_forms(mail_site):
    name = mail_site.add_user(mail="white.rabbit@example.org")
    ask(mail_site.browser(), name)
    (mail,) = mail_site.deliver()
    assert mail["To"] == "white.rabbit@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    html = mail.get_body(("html",)).get_content()
    assert f'href="{link_in(mail)}"' in html
    assert "works once, for 30 minutes" in text_of(mail)
    assert "works once, for 30 minutes" in html


def test_the_mail_is_in_the_language_of_its_recipient(mail_site):
    name = mail_site.add_user(locale="ar")
    ask(mail_site.browser(HTTP_ACCEPT_LANGUAGE="de"), name)
    (mail,) = mail_site.deliver()
    assert '<html lang="ar" dir="rtl">' in mail.get_body(("html",)).get_content()


def test_the_link_begins_with_the_issuer_whatever_host_was_asked(mail_site):
    name = mail_site.add_user()
    ask(mail_site.browser(HTTP_HOST="evil.example"), name)
    (mail,) = mail_site.deliver()
    assert link_in(mail).startswith("http://localhost:6543/password/new?token=")
    assert "evil.example" not in mail.as_string()


def test_the_answer_does_not_reveal_whether_an_account_exists(mail_site):
    """The response time does not reveal it either: the same statements run."""
    name = mail_site.add_user()
    bodies, statements = [], []
    engines = mail_site.app.registry["fast_session.database"]
    for typed in (name, "nobody", "nobody@example.org"):
        browser = mail_site.browser()
        form = browser.get("/password/forgotten").forms["forgotten_password"]
        form["username"] = typed
        ran = []

        def record(connection, cursor, statement, *rest, ran=ran):
            ran.append(statement)

        for engine in (engines.reader, engines.writer):
            event.listen(engine, "before_cursor_execute", record)
        bodies.append(form.submit(status=200).text)
        for engine in (engines.reader, engines.writer):
            event.remove(engine, "before_cursor_execute", record)
        statements.append(ran)
    assert len(set(bodies)) == 1
    assert statements[0] == statements[1] == statements[2] != []
    assert len(mail_site.deliver()) == 1


@pytest.mark.parametrize(
    "values",
    [{"mail_verified": False}, {"is_active": False}, {"mail": None}],
    ids=["not verified", "disabled", "no address"],
)
def test_no_mail_goes_to_who_should_have_none(mail_site, values):
    ask(mail_site.browser(), mail_site.add_user(**values))
    assert mail_site.deliver() == []


def test_the_address_of_one_account_that_is_the_name_of_another_counts(mail_site):
    mail_site.add_user(mail="cheshire@example.org")
    mail_site.add_user(username="cheshire@example.org", mail="eve@example.org")
    ask(mail_site.browser(), "cheshire@example.org")
    (mail,) = mail_site.deliver()
    assert mail["To"] == "cheshire@example.org"


def test_no_link_is_stored_or_logged(mail_site, caplog):
    name = mail_site.add_user()
    caplog.set_level("DEBUG")
    ask(mail_site.browser(), name)
    waiting = mail_site.execute("SELECT * FROM oauth_outbox_message").all()
    (mail,) = mail_site.deliver()
    token = link_in(mail).partition("token=")[2]
    stored = mail_site.execute("SELECT * FROM standalone_link").all()
    assert len(token) == 43
    assert token not in f"{waiting} {stored} {caplog.text}"
    open_form(mail_site.browser(), link_in(mail))
    assert token not in caplog.text


def test_the_token_leaves_the_url_without_a_referrer(mail_site):
    link = obtain_link(mail_site, mail_site.add_user())
    browser = mail_site.browser()
    response = browser.get(path_of(link), status=303)
    assert response.location == "/password/new"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert link.partition("token=")[2] not in response.follow().text


def test_a_link_works_once(mail_site):
    link = obtain_link(mail_site, mail_site.add_user())
    forms = [open_form(mail_site.browser(), link) for _ in range(2)]
    choose(forms[0], status=200)
    response = choose(forms[1], "yet another long password", status=410)
    assert "not valid any more" in response.html.h1.text
    mail_site.browser().get(path_of(link)).follow(status=410)


def test_a_link_expires(mail_site):
    with frozen() as clock:
        link = obtain_link(mail_site, mail_site.add_user())
        form = open_form(mail_site.browser(), link)
        clock.advance(1801)
        choose(form, status=410)


def test_a_link_is_invalid_after_the_password_changes(mail_site):
    name = mail_site.add_user()
    links = [obtain_link(mail_site, name) for _ in range(2)]
    form = open_form(mail_site.browser(), links[0])
    choose(open_form(mail_site.browser(), links[1]), status=200)
    choose(form, "yet another long password", status=410)


def test_a_link_of_a_disabled_user_does_not_work(mail_site):
    name = mail_site.add_user()
    form = open_form(mail_site.browser(), obtain_link(mail_site, name))
    mail_site.execute(
        "UPDATE standalone_user SET is_active = false WHERE username = :name", name=name
    )
    choose(form, status=410)


def test_a_refused_password_leaves_the_link_usable(mail_site):
    name = mail_site.add_user()
    form = open_form(mail_site.browser(), obtain_link(mail_site, name))
    refused = choose(form, "short", status=400)
    assert "at least 10 characters" in refused.html.find(id="problem").text
    choose(refused.forms["reset-form"], status=200)


def test_every_session_ends_and_nobody_is_logged_in(mail_site):
    name = mail_site.add_user()
    thief, browser = mail_site.browser(), mail_site.browser()
    log_in(thief, name)
    choose(open_form(browser, obtain_link(mail_site, name)), status=200)
    assert not is_logged_in(thief)
    assert not is_logged_in(browser)


def test_a_notice_follows(mail_site):
    name = mail_site.add_user()
    choose(open_form(mail_site.browser(), obtain_link(mail_site, name)), status=200)
    (notice,) = mail_site.deliver()
    assert (notice["To"], notice["Subject"]) == (
        f"{name}@example.org",
        "Your password was changed",
    )
    assert NEW_PASSWORD not in notice.as_string()


def test_a_form_without_the_csrf_token_changes_nothing(mail_site):
    name = mail_site.add_user()
    browser = mail_site.browser()
    open_form(browser, obtain_link(mail_site, name))
    browser.post("/password/new", {"password": NEW_PASSWORD}, status=400)
    assert log_in(mail_site.browser(), name)


def test_links_for_one_account_are_limited(mail_site):
    name = mail_site.add_user()
    for _ in range(3):
        ask(mail_site.browser(), name)
    response = ask(mail_site.browser(REMOTE_ADDR="192.0.2.9"), name, status=429)
    assert int(response.headers["Retry-After"]) > 3000
    assert len(mail_site.deliver()) == 3


def test_links_asked_for_from_one_address_are_limited(mail_site):
    browser = mail_site.browser(REMOTE_ADDR="192.0.2.1")
    for number in range(20):
        ask(browser, f"somebody{number}")
    ask(browser, "somebody else", status=429)
    ask(mail_site.browser(REMOTE_ADDR="192.0.2.2"), "somebody else")


@pytest.mark.parametrize("typed", ["\x00", "x" * 300, "a\nBcc: eve@example.org"])
def test_text_that_is_no_account_gets_the_same_answer(mail_site, typed):
    ask(mail_site.browser(), typed)
    assert mail_site.deliver() == []


def test_the_log_in_page_leads_there(mail_site):
    browser = mail_site.browser()
    browser.get("/login").click(linkid="login-forgotten")


@pytest.mark.slow
def test_two_requests_at_once_use_a_link_once(either_site, monkeypatch):
    name = either_site.add_user()
    link = obtain_link(either_site, name)
    forms = [open_form(either_site.browser(), link) for _ in range(4)]
    together, checked = Barrier(len(forms)), reset_password.hash_chosen

    def meet(password):
        hashed = checked(password)
        together.wait(20)
        return hashed

    monkeypatch.setattr(reset_password, "hash_chosen", meet)
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(len(forms))]
    with ThreadPoolExecutor(len(forms)) as threads:
        answers = list(threads.map(choose, forms, passwords))
    statuses = [answer.status_int for answer in answers]
    assert sorted(statuses) == [200, 410, 410, 410]
    chosen = passwords[statuses.index(200)]
    assert log_in(either_site.browser(), name, chosen)
    assert not log_in(either_site.browser(), name, PASSWORD)
