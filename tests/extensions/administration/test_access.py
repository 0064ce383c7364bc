"""Access control of the pages of administration, and requirements of changes."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pyramid_oauth import clock
from tests.extensions.administration.conftest import ROOT
from tests.extensions.administration.pages import find_form, open_page, press
from tests.support.host import call_api, parse_query
from tests.support.person import LoggedInUser

PAGES = ("", "/users", "/keys", "/outbox", "/throttles", "/audit")


def test_every_page_asks_strangers_to_log_in_and_is_not_there_for_others(
    office, admitted_user
):
    stranger, mallory = office.provider.browser(), office.enter("mallory")
    for page in PAGES:
        answer = stranger.get(ROOT + page, status=303)
        assert parse_query(answer.location)["next"] == ROOT + page
        mallory.get(ROOT + page, status=404)
        mallory.post(ROOT + page, {"action": "end_all_grants"}, status=404)
        assert office.enter().get(ROOT + page, status=200)
    assert call_api(office.provider, admitted_user.tokens["access_token"]) == 200


def test_an_access_token_of_an_administrator_opens_no_page(office):
    user = LoggedInUser(office.provider)
    user.browser.get("/site-login", {"name": "root"})
    token = user.log_in_at_client()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    office.provider.browser().get(ROOT, headers=headers, status=303)


def test_auditors_see_everything_and_change_nothing(office, admitted_user):
    auditor = office.enter("auditor")
    page = open_page(auditor, "users", subject="alice")
    assert "Web" in page.html.find(id="oauth-grants").text
    assert page.html.select("form[method=post]") == []
    token = auditor.get("/oauth/sessions").forms[0]["csrf_token"].value
    form = {"csrf_token": token, "action": "end_all_grants", "subject": "alice"}
    auditor.post(f"{ROOT}/users", {**form, "confirmed": "yes"}, status=404)
    assert call_api(office.provider, admitted_user.tokens["access_token"]) == 200


def test_a_form_needs_its_token_and_a_known_action(office, admitted_user):
    root = office.enter()
    form = {"action": "end_all_grants", "subject": "alice", "confirmed": "yes"}
    root.post(f"{ROOT}/users", form, status=403)
    token = find_form(open_page(root, "users", subject="alice"), "End all access")[
        "csrf_token"
    ].value
    root.post(f"{ROOT}/users", {**form, "csrf_token": token, "action": "x"}, status=400)
    assert call_api(office.provider, admitted_user.tokens["access_token"]) == 200


def test_what_destroys_something_asks_first(office, admitted_user):
    page = open_page(office.enter(), "users", subject="alice")
    question = find_form(page, "End all access").submit("action", status=200)
    assert "End the access of all applications" in question.text
    assert call_api(office.provider, admitted_user.tokens["access_token"]) == 200
    question.forms["oauth-confirm"].submit(status=303)
    assert call_api(office.provider, admitted_user.tokens["access_token"]) == 401


def test_what_destroys_something_needs_a_fresh_login(office, admitted_user):
    with clock.frozen() as time:
        root = office.enter()
        page = open_page(root, "users", subject="alice")
        time.advance(16 * 60)
        answer = find_form(page, "End all access").submit("action", status=303)
        query = parse_query(answer.location)
        assert query["reason"] == "reauthenticate"
        assert query["next"] == f"{ROOT}/users?subject=alice"
        root.get("/site-login", {"name": "root"})
        press(open_page(root, "users", subject="alice"), "End all access")
    assert call_api(office.provider, admitted_user.tokens["access_token"]) == 401


def test_each_change_is_in_the_audit_log_with_its_administrator(office, admitted_user):
    root = office.enter()
    press(open_page(root, "users", subject="alice"), "End all access")
    with Session(office.provider.engine) as session:
        model = office.provider.models.AuditEntry
        entry = session.query(model).filter_by(event="AdministratorActed").one()
    assert (entry.actor, entry.subject) == ("root", "alice")
    assert entry.details["action"] == "end_all_grants"
    page = open_page(root, "audit", q="root")
    assert "by root" in page.html.find(id="oauth-entries").text


def test_only_forms_and_reads_are_allowed_and_nothing_is_cached(office):
    root = office.enter()
    assert root.put(ROOT, status=405).headers["Allow"] == "GET, HEAD, POST"
    response = open_page(root, "keys")
    assert response.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_pages_of_what_the_server_does_not_have_are_not_there(office):
    root = office.enter()
    for name in ("registrations", "nothing", "users/x"):
        root.get(f"{ROOT}/{name}", status=404)


def test_a_host_without_administrators_lets_nobody_in(new_office):
    office = new_office(administrators="", auditors="")
    office.enter().get(ROOT, status=404)


def test_every_page_marks_itself_in_the_navigation(office):
    root = office.enter()
    for page in PAGES:
        sections = root.get(ROOT + page).html.select_one("nav")
        current = sections.select("[aria-current=page]")
        assert [link["href"] for link in current] == [f"https://as.example{ROOT}{page}"]
