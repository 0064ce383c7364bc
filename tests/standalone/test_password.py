"""A user of the ready-made server changes the password."""

from __future__ import annotations

from threading import get_ident

import pytest
from sqlalchemy import event, text
from webtest import TestApp

from pyramid_oauth.clock import frozen
from pyramid_oauth.standalone.accounts import users
from tests.standalone.conftest import keep_password, log_in

OLD = "wonderland"
NEW = "a looking glass on the wall"


@pytest.fixture
def own_password(site):
    """Put the password of alice back afterwards."""
    with keep_password(site):
        yield


pytestmark = pytest.mark.usefixtures("own_password")


def change_password(site, current=OLD, new=NEW, *, end_grants=False):
    form = site.get("/password", status=200).forms["password-form"]
    form["current"], form["password"] = current, new
    form["end_grants"] = end_grants
    return form.submit(status="*")


def new_browser(site):
    return TestApp(site.app, extra_environ=site.extra_environ)


def is_logged_in(browser):
    return browser.get("/oauth/sessions", status="*").status_int == 200


def test_the_new_password_replaces_the_old_one(site):
    log_in(site)
    assert change_password(site).status_int == 303
    assert log_in(new_browser(site), password=OLD).status_int == 403
    assert log_in(new_browser(site), password=NEW).status_int == 303


def test_every_other_session_ends(site):
    other = new_browser(site)
    log_in(other)
    log_in(site)
    change_password(site)
    assert is_logged_in(site)
    assert not is_logged_in(other)


def test_applications_keep_their_access_unless_it_is_ended(site, token):
    access = {"Authorization": f"Bearer {token()}"}
    change_password(site)
    site.get("/api/me", headers=access, status=200)
    change_password(site, current=NEW, new=f"{NEW}!", end_grants=True)
    site.get("/api/me", headers=access, status=401)


@pytest.mark.parametrize(
    ("current", "new", "status", "problem"),
    [
        ("guess", NEW, 403, "The current password is wrong"),
        (OLD, "short", 400, "at least 10 characters"),
        (OLD, "alice alice alice", 400, "easy to guess"),
    ],
    ids=["wrong current password", "short", "contains the name"],
)
def test_a_refused_change_says_why_and_changes_nothing(
    site, current, new, status, problem
):
    log_in(site)
    response = change_password(site, current, new)
    assert response.status_int == status
    assert problem in response.html.find(id="problem").text
    assert log_in(new_browser(site)).status_int == 303


def test_guesses_of_the_current_password_are_limited(site):
    log_in(site)
    statuses = [change_password(site, "guess").status_int for _ in range(10)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    assert change_password(site).headers["Retry-After"]


def test_the_page_asks_to_log_in_first(site):
    response = site.get("/password", status=303)
    assert response.location.endswith("/login?next=%2Fpassword")


def test_a_change_after_the_session_ended_asks_to_log_in(site):
    log_in(site)
    form = site.get("/password").forms["password-form"]
    form["current"], form["password"] = OLD, NEW
    engine = site.app.registry["fast_session.database"].writer
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM standalone_session"))
    assert form.submit(status=303).location.endswith("/login?next=%2Fpassword")
    assert log_in(new_browser(site)).status_int == 303


def test_no_transaction_is_open_while_a_password_is_checked(site, monkeypatch):
    """Also where the use of the login session was stored just before."""
    with frozen() as clock:
        log_in(site)
        form = site.get("/password").forms["password-form"]
        form["current"], form["password"] = "guess", NEW
        database = site.app.registry["fast_session.database"]
        began, thread_id = [], get_ident()

        def note(connection):
            if get_ident() == thread_id:  # leave out the outbox thread
                began.append(1)

        event.listen(database.writer, "begin", note)
        matches = users.matches

        def check(*arguments):
            began.append("checked")
            return matches(*arguments)

        monkeypatch.setattr(users, "matches", check)
        clock.advance(1800)
        form.submit(status=403)
    assert began[0] == "checked"
