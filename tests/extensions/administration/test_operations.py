"""Keys, messages, registrations and throttled attempts on the pages."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from tests.extensions.administration.conftest import ROOT
from tests.extensions.administration.pages import (
    open_page,
    press,
    read_list,
    read_notice,
)
from tests.support.host import request_client_token
from tests.support.registry import Registry, ignore_open_registration


def find_states(page):
    """Return the states of the keys in the list."""
    return sorted(
        row.split(" · ")[1].split()[0] for row in read_list(page, "oauth-keys")
    )


def test_keys_are_rotated_and_retired(office):
    root = office.enter()
    page = open_page(root, "keys")
    assert find_states(page) == ["active"]
    page = press(page, "Replace the keys now")
    assert find_states(page) == ["active", "next"]
    assert read_notice(press(page, "Replace the keys now")).startswith("Nothing")
    page = press(page, "Retire")
    assert "retired" in find_states(page) or "retiring" in find_states(page)
    assert read_notice(press(page, "Do what is due"))


def test_a_compromised_key_is_retired_at_once(office):
    page = press(open_page(office.enter(), "keys"), "Compromised")
    assert find_states(page) == ["active", "retired"]
    assert "compromised" in page.html.find(id="oauth-keys").text


def add_message(office, **values):
    message = {
        "kind": "backchannel_logout",
        "client_id": "web",
        "destination": "https://client.example/bc",
        "content": {"sid": "secret-sid", "user_id": "alice"},
        "due_at": now(),
        **values,
    }
    with Session(office.provider.engine) as session:
        session.add(office.provider.models.OutboxMessage(**message))
        session.commit()


def read_messages(office):
    with Session(office.provider.engine) as session:
        model = office.provider.models.OutboxMessage
        return session.query(model).order_by(model.id).all()


def test_messages_are_delivered_again_and_deleted(office):
    dead = {"due_at": None, "dead_at": now(), "attempts": 9, "problem": "HTTP 500"}
    add_message(office)
    add_message(office, **dead)
    page = open_page(office.enter(), "outbox")
    waiting, given_up = read_list(page, "oauth-messages")
    assert "Due" in waiting
    assert "Given up" in given_up
    assert "Attempts: 9 · HTTP 500" in given_up
    assert "secret-sid" not in page.text
    page = press(page, "Delete", "oauth-messages")
    (row,) = read_list(page, "oauth-messages")
    assert "Given up" in row
    press(page, "Deliver again")
    (message,) = read_messages(office)
    assert (message.dead_at, message.attempts) == (None, 0)
    add_message(office, **dead)
    page = open_page(office.enter(), "outbox", state="dead")
    page = press(page, "Delete all")
    assert read_list(page, "oauth-messages") == ["No message waits."]
    assert len(read_messages(office)) == 1


@pytest.fixture
def registering_office(new_office):
    """A provider with the pages, where registered clients wait for approval."""
    with ignore_open_registration():
        return new_office(
            registration="open",
            registration_approval="required",
            registration_scopes="*",
            registration_grant_types="client_credentials",
        )


def register_client(office, name):
    """Register a client that gets tokens for itself; returns its credentials."""
    answer = Registry(office.provider).send_registration(
        {
            "client_name": name,
            "grant_types": ["client_credentials"],
            "response_types": [],
            "redirect_uris": [],
            "token_endpoint_auth_method": "client_secret_post",
        },
        status=201,
    )
    return {name: answer.json[name] for name in ("client_id", "client_secret")}


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_registered_client_works_once_it_is_approved(registering_office):
    office, provider = registering_office, registering_office.provider
    client = register_client(office, "Friendly")
    assert request_client_token(provider, client).status_int == 401
    page = open_page(office.enter(), "registrations")
    page = press(page, "Approve")
    assert read_notice(page) == "The application can be used now."
    assert "No registration waits" in page.text
    assert request_client_token(provider, client).status_int == 200


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_registration_that_another_administrator_approved_is_not_deleted(
    registering_office,
):
    office = registering_office
    client = register_client(office, "Friendly")
    page = open_page(office.enter(), "registrations")
    press(open_page(office.enter(), "registrations"), "Approve")
    assert read_notice(press(page, "Refuse")).startswith("Nothing was done")
    assert request_client_token(office.provider, client).status_int == 200
    office.provider.update_application(client["client_id"], disabled_at=now())
    page = open_page(office.enter(), "registrations")
    assert "No registration waits" in page.text


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_refused_registration_is_deleted_and_others_stay(registering_office):
    office = registering_office
    register_client(office, "Unfriendly")
    before = office.provider.count("Application")
    root = office.enter()
    page = open_page(root, "registrations")
    press(page, "Refuse")
    assert office.provider.count("Application") == before - 1
    token = page.forms[0]["csrf_token"].value
    form = {"csrf_token": token, "action": "reject_registration", "target": "web"}
    root.post(f"{ROOT}/registrations", {**form, "confirmed": "yes"}, status=303)
    assert office.provider.count("Application") == before - 1


def test_a_throttled_client_is_found_and_admitted_again(office):
    provider = office.provider
    wrong = {**provider.web, "client_secret": "wrong"}
    browser = provider.browser()
    browser.extra_environ["REMOTE_ADDR"] = "192.0.2.7"
    form = {"grant_type": "client_credentials", **wrong}
    for status in (401, 401, 429):
        browser.post("/oauth/token", form, status=status)
    root = office.enter()
    page = open_page(root, "throttles").click("192.0.2.7")
    counted = read_list(page, "oauth-counters")
    start = "Secrets of this client from this address: 2"
    assert any(each.startswith(start) for each in counted), counted
    page = press(page, "Begin to count anew")
    assert read_list(page, "oauth-counters") == ["Nothing is counted."]
    browser.post("/oauth/token", {**form, **provider.web}, status=200)
    with Session(provider.engine) as session:
        model = provider.models.AuditEntry
        entry = session.query(model).filter_by(event="AdministratorActed").one()
    assert entry.details["target"] == "web 192.0.2.7"


def test_lists_are_turned_page_by_page(office):
    with Session(office.provider.engine) as session:
        model = office.provider.models.AuditEntry
        session.add_all(
            model(event="LoginFailed", outcome="failure", subject=f"user {number}")
            for number in range(60)
        )
        session.commit()
    for _ in range(51):
        add_message(office)
    root = office.enter()
    page = open_page(root, "audit", event="LoginFailed")
    assert len(read_list(page, "oauth-entries")) == 50
    page = page.click("Older entries")
    rows = read_list(page, "oauth-entries")
    assert (len(rows), "user user 0" in rows[-1]) == (10, True)
    page = open_page(root, "outbox").click("Next page")
    assert len(read_list(page, "oauth-messages")) == 1
    assert len(read_list(page.click("Previous page"), "oauth-messages")) == 50
