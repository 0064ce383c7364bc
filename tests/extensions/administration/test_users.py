"""Administrators see and end the grants, tokens and sessions of a user."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from tests.extensions.administration.conftest import ROOT
from tests.extensions.administration.pages import (
    find_form,
    open_page,
    press,
    read_list,
    read_notice,
)
from tests.support.host import call_api, refresh_tokens


@pytest.fixture
def alice_page(office, admitted_user):
    """Return the page of alice."""
    return open_page(office.enter(), "users", subject="alice")


def is_token_valid(office, user):
    return call_api(office.provider, user.tokens["access_token"]) == 200


def refresh(office, user):
    token = user.tokens["refresh_token"]
    return refresh_tokens(office.provider, office.provider.web, token).status_int


def test_users_with_grants_are_listed_and_found_by_subject(office, admitted_user):
    root = office.enter()
    assert read_list(open_page(root, "users"), "oauth-users") == ["alice"]
    found = open_page(root, "users", q="alice")
    page = found.click("alice")
    assert page.html.find(id="oauth-user").text.strip() == "alice"
    nobody = open_page(root, "users", q="bob")
    assert read_list(nobody, "oauth-users") == ["Nobody is found."]


def test_grants_tokens_consents_and_sessions_are_shown_without_credentials(
    admitted_user, alice_page
):
    assert alice_page.html.find(id="oauth-grants").text.count("Web") >= 1
    for element in ("oauth-grants", "oauth-tokens", "oauth-consents"):
        (row,) = read_list(alice_page, element)
        assert "Web" in row
        assert "read" in row
    assert len(read_list(alice_page, "oauth-sessions")) == 1
    for credential in (
        admitted_user.tokens["access_token"],
        admitted_user.tokens["refresh_token"],
    ):
        assert credential not in alice_page.text


def test_ending_a_grant_ends_its_tokens(office, admitted_user, alice_page):
    page = press(alice_page, "End", "oauth-grants")
    assert read_notice(page) == "The access is ended."
    assert read_list(page, "oauth-grants") == ["None."]
    assert not is_token_valid(office, admitted_user)
    assert refresh(office, admitted_user) == 400


def test_ending_a_token_leaves_the_grant(office, admitted_user, alice_page):
    press(alice_page, "End", "oauth-tokens")
    assert not is_token_valid(office, admitted_user)
    assert refresh(office, admitted_user) == 200


def test_withdrawing_a_consent_ends_the_access_and_asks_again(office, alice_page):
    page = press(alice_page, "Withdraw")
    assert read_list(page, "oauth-consents") == ["None."]
    assert read_list(page, "oauth-grants") == ["None."]


def test_a_user_is_logged_out_everywhere(office, admitted_user, alice_page):
    page = press(alice_page, "End all sessions")
    assert read_notice(page) == "The user is logged out everywhere."
    admitted_user.browser.get("/oauth/sessions", status=303)
    with Session(office.provider.engine) as session:
        grant = session.query(office.provider.models.Grant).one()
    assert grant.session_id is not None


@pytest.mark.parametrize(
    ("action", "element"),
    [
        ("End", "oauth-grants"),
        ("End", "oauth-tokens"),
        ("Withdraw", "oauth-consents"),
        ("End", "oauth-sessions"),
    ],
)
def test_the_page_of_another_user_ends_nothing_of_this_one(
    office, admitted_user, alice_page, action, element
):
    form = find_form(alice_page, action, element)
    form["subject"].force_value("bob")
    question = form.submit("action", status=200)
    page = question.forms["oauth-confirm"].submit(status=303).follow()
    assert read_notice(page).startswith("Nothing was done")
    assert is_token_valid(office, admitted_user)
    admitted_user.browser.get("/oauth/sessions", status=200)


def test_malformed_targets_are_no_errors(office, alice_page):
    form = find_form(alice_page, "End", "oauth-grants")
    browser = alice_page.test_app
    for action in ("end_grant", "end_token", "withdraw_consent", "end_session"):
        for target in ("", "x", "-1", "9" * 30, "\N{SUPERSCRIPT TWO}"):
            fields = {
                "csrf_token": form["csrf_token"].value,
                "subject": "alice",
                "action": action,
                "target": target,
                "confirmed": "yes",
            }
            answer = browser.post(f"{ROOT}/users", fields, status=303)
            assert answer.location.endswith("done=nothing")


def test_the_lists_of_a_user_are_shown_in_pages(office, admitted_user):
    models = office.provider.models
    with Session(office.provider.engine) as session:
        for number in range(51):
            grant = models.Grant(
                client_id="web",
                user_id="alice",
                scope=f"s{number:02}",
                created_at=now() - timedelta(days=1, minutes=number),
                expires_at=now() + timedelta(days=1),
            )
            session.add(grant)
        session.commit()
    root = office.enter()
    first = open_page(root, "users", subject="alice")
    assert len(read_list(first, "oauth-grants")) == 50
    second = first.click("Next page")
    rows = read_list(second, "oauth-grants")
    assert ["s49" in rows[0], "s50" in rows[1], len(rows)] == [True, True, 2]
    assert read_list(second, "oauth-tokens") == ["None."]
    assert "Next page" not in second.text
    assert "s48" in second.click("Previous page").text


def test_the_overview_counts_by_one_statement(office, admitted_user):
    root = office.enter()
    open_page(root, "")
    statements = office.provider.record_statements()
    page = open_page(root, "")
    counted = [each for each in statements if "count(" in each.lower()]
    assert len(counted) == 1
    figures = {
        row["id"].removeprefix("oauth-count-"): row.dd.text
        for row in page.html.select("#oauth-figures > div")
    }
    assert figures["grants"] == "1"
    assert figures["waiting_messages"] == "0"
    assert int(figures["applications"]) >= 1
    link = page.html.select_one("#oauth-count-grants a")["href"]
    assert link.endswith("/administration/users")
