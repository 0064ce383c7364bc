"""The ready-made server: its administrators and its audit log."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.standalone.conftest import log_in

ROOT = "/oauth/administration"


@pytest.fixture
def alice_as_administrator(site):
    """Make alice an administrator during the test."""
    set_administrator(site, True)
    yield
    set_administrator(site, False)


def set_administrator(site, value):
    engine = site.app.registry["fast_session.database"].writer
    statement = (
        "UPDATE standalone_user SET is_administrator = :value WHERE username = 'alice'"
    )
    with engine.begin() as connection:
        connection.execute(text(statement), {"value": value})


def test_a_user_without_the_mark_finds_no_administration(site):
    assert site.get(ROOT, status=303).location.startswith("/login?next=")
    log_in(site)
    assert "There is nothing here" in site.get(ROOT, status=404).text
    assert site.get("/").html.find(id="administration") is None


@pytest.mark.usefixtures("alice_as_administrator")
def test_an_administrator_follows_the_link_and_finds_users_by_name(site):
    log_in(site)
    page = site.get("/").click(linkid="administration").click("Users")
    form = page.forms[0]
    form["q"] = "BUILDER"
    page = form.submit(status=200)
    assert page.html.find(id="oauth-users").text.strip() == "Nobody is found."
    form["q"] = "Bob"
    user = form.submit(status=200).click("bob")
    assert "bob" in user.html.find(id="oauth-user").text


@pytest.mark.usefixtures("alice_as_administrator")
def test_a_failed_login_is_in_the_audit_log_without_the_name_that_was_typed(site):
    log_in(site, "hunter2hunter2", "a password")
    log_in(site)
    page = site.get(f"{ROOT}/audit", {"event": "LoginFailed"})
    (entry, *_) = page.html.find(id="oauth-entries").select(".entry")
    assert "LoginFailed · failure" in " ".join(entry.get_text(" ").split())
    assert "hunter2" not in page.text
