"""A user withdraws one authorization detail (RFC 9396; RFC 9700 section 4.14)."""

from __future__ import annotations

import pytest
from pyramid.response import Response
from sqlalchemy.orm import Session

from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.events import ConsentWithdrawn
from pyramid_oauth.protocol import withdrawal
from tests.support.payments import (
    ACCOUNTS,
    DETAILS,
    PAYMENT,
    introspect,
    is_asked,
    log_in,
    request_details,
    tokens_for,
)

PAGE = "/oauth/connections"
LIST_ONLY = {**ACCOUNTS, "actions": ["list_accounts"]}


@pytest.fixture
def withdrawn_events(notified):
    return notified


@pytest.fixture
def new_listed_bank(new_bank, withdrawn_events):
    """Make a bank with the page of connections and the consent ledger."""

    def new(configure=None):
        def configure_all(config):
            for name in ("connections", "consent_ledger"):
                config.include(f"pyramid_oauth.extensions.{name}")
            config.add_subscriber(withdrawn_events.append, ConsentWithdrawn)
            config.add_route("end", "/end")
            config.add_view(end, route_name="end")
            config.add_route("end_all", "/end-all")
            config.add_view(
                lambda request: Response(json_body=request.oauth.withdraw("web")),
                route_name="end_all",
            )
            if configure is not None:
                configure(config)

        return new_bank(configure_all)

    return new


@pytest.fixture
def listed_bank(new_listed_bank):
    return new_listed_bank()


def end(request):
    """A page of the host that withdraws by the facade."""
    item = request.GET["kind"], request.GET["name"]
    scopes = request.GET.getall("scope") or None
    try:
        return Response(json_body=request.oauth.withdraw("web", scopes, item=item))
    except ValueError as error:
        return Response(str(error), status=400)


def listed(page):
    """The items with a button, by the text of the item."""
    return {
        entry.select_one(".scope-text").text.strip().split("\n")[0]: entry.button
        for entry in page.html.select(f"[data-kind={DETAILS}] li")
    }


def withdraw(browser, text):
    """Press the button of the first item with this text; return the next page."""
    page = browser.get(PAGE, status=200)
    button = next(found for label, found in listed(page).items() if text in label)
    form = page.forms[0]
    return form.submit(button["name"], value=button["value"], status=303).follow()


def are_active(host, client, *tokens):
    return [introspect(host, client, each)["active"] for each in tokens]


@pytest.mark.spec("RFC 9700", "4.14")
def test_withdrawing_a_detail_ends_the_tokens_that_carry_it(
    listed_bank, withdrawn_events
):
    client = listed_bank.register_client()
    accounts = tokens_for(listed_bank, client, ACCOUNTS, PAYMENT, scope="read")
    payment = tokens_for(listed_bank, client, PAYMENT)
    scope = tokens_for(listed_bank, client, scope="read", authorization_details=None)
    browser = log_in(listed_bank)
    shown = withdraw(browser, "See your accounts")

    active = are_active(listed_bank, client, accounts, payment, scope)
    assert active == [False, True, True]
    refresh = {"grant_type": "refresh_token", **client}
    refresh["refresh_token"] = accounts["refresh_token"]
    refused = browser.post("/oauth/token", refresh, status=400)
    assert refused.json["error"] == "invalid_grant"
    assert [text for text in listed(shown) if "accounts" in text] == []
    assert "Pay 123.50" in shown.text
    assert "keeps what is listed below" in shown.html.find(id="oauth-withdrawn").text
    assert is_asked(request_details(browser, ACCOUNTS))
    assert not is_asked(
        request_details(browser, scope="read", authorization_details=None)
    )
    (event,) = withdrawn_events
    assert (event.scopes, event.grants, event.user_id) == ((), 1, "alice")
    assert event.details[0].startswith(f"{DETAILS} account_information.")
    with Session(listed_bank.engine) as session:
        entries = session.query(listed_bank.models.ConsentLedgerEntry).all()
    recorded = [each.items for each in entries if each.decision == "withdrawn"]
    assert [item["data"] for (item,) in recorded] == [ACCOUNTS]


@pytest.mark.parametrize("chosen", [0, 1], ids=["the-whole", "a-part"])
def test_withdrawing_a_detail_ends_its_parts_and_the_whole(listed_bank, chosen):
    client = listed_bank.register_client()
    whole = tokens_for(listed_bank, client, ACCOUNTS)
    browser = log_in(listed_bank)
    assert not is_asked(request_details(browser, LIST_ONLY))
    part = tokens_for(listed_bank, client, LIST_ONLY)
    page = browser.get(PAGE)
    buttons = page.html.select(f"[data-kind={DETAILS}] button")
    assert len(buttons) == 2
    sent = page.forms[0].submit(buttons[chosen]["name"], value=buttons[chosen]["value"])
    assert sent.follow().html.find(id="oauth-no-connections")
    assert are_active(listed_bank, client, whole, part) == [False, False]
    assert is_asked(request_details(browser, LIST_ONLY))


def test_what_the_host_completes_is_withdrawn_with_its_type(new_listed_bank):
    def configure(config):
        config.add_oauth_authorization_details_type(
            "loan",
            {
                "properties": {
                    "account": {"type": "string"},
                    "limit": {"type": "integer"},
                }
            },
            label=lambda detail: f"Loan {detail.get('limit', 'open')}",
            enrich=lambda authorization, detail, answers: {**detail, "limit": 5},
        )

    host = new_listed_bank(configure)
    client = host.register_client()
    loan = tokens_for(host, client, {"type": "loan", "account": "1"}, scope="read")
    other = tokens_for(host, client, {"type": "loan", "account": "2"})
    accounts = tokens_for(host, client, ACCOUNTS)
    withdraw(log_in(host), "Loan 5")
    assert are_active(host, client, loan, other, accounts) == [False, False, True]


def test_a_withdrawal_needs_the_token_of_the_form(listed_bank):
    client = listed_bank.register_client()
    tokens = tokens_for(listed_bank, client, ACCOUNTS, scope="read")
    browser = log_in(listed_bank)
    button = listed(browser.get(PAGE))["See your accounts"]
    sent = {"client_id": "web", "item": button["value"]}
    for token in ("", "x" * 40):
        browser.post(PAGE, {**sent, "csrf_token": token}, status=403)
    assert are_active(listed_bank, client, tokens) == [True]


@pytest.mark.parametrize(
    "item", ["", " ", DETAILS, f"{DETAILS} x", "scope read", "nothing x", "\u202e é"]
)
def test_an_item_that_the_client_does_not_have_changes_nothing(listed_bank, item):
    client = listed_bank.register_client()
    tokens = tokens_for(listed_bank, client, ACCOUNTS, scope="read")
    browser = log_in(listed_bank)
    sent = dict(browser.get(PAGE).forms[0].submit_fields())
    browser.post(PAGE, {**sent, "item": item}, status=303 if item else 400)
    browser.post(PAGE, sent, status=400)
    assert are_active(listed_bank, client, tokens) == [True]
    assert "See your accounts" in listed(browser.get(PAGE))


def test_the_only_permission_is_withdrawn_as_a_whole(listed_bank, withdrawn_events):
    client = listed_bank.register_client()
    tokens_for(listed_bank, client, ACCOUNTS)
    page = log_in(listed_bank).get(PAGE)
    assert page.html.select(f"[data-kind={DETAILS}] button") == []
    page.forms[0].submit("decision", value="withdraw", status=303)
    assert (withdrawn_events[0].scopes, withdrawn_events[0].details) == ((), ())
    with Session(listed_bank.engine) as session:
        entries = session.query(listed_bank.models.ConsentLedgerEntry).all()
    last = max(entries, key=lambda entry: entry.id)
    assert [item["data"] for item in last.items] == [ACCOUNTS]


def test_what_only_a_grant_holds_is_recorded_as_withdrawn(listed_bank):
    client = listed_bank.register_client(skip_authorization=True)
    tokens = [tokens_for(listed_bank, client, ACCOUNTS, scope="read")]
    tokens.append(
        tokens_for(listed_bank, client, scope="write", authorization_details=None)
    )
    assert log_in(listed_bank).get("/end-all").json == 2
    assert are_active(listed_bank, client, *tokens) == [False, False]
    with Session(listed_bank.engine) as session:
        (entry,) = (
            each
            for each in session.query(listed_bank.models.ConsentLedgerEntry)
            if each.decision == "withdrawn"
        )
    assert [item["name"] for item in entry.items[:2]] == ["read", "write"]
    assert [item.get("data") for item in entry.items[2:]] == [ACCOUNTS]


def test_all_grants_end_where_there_are_more_than_are_read_at_once(
    listed_bank, monkeypatch
):
    monkeypatch.setattr(withdrawal, "MAX_GRANTS", 2)
    client = listed_bank.register_client()
    tokens = [tokens_for(listed_bank, client, ACCOUNTS, scope="read") for _ in range(5)]
    withdraw(log_in(listed_bank), "See your accounts")
    assert are_active(listed_bank, client, *tokens) == [False] * 5


class Rooms(ConsentSource):
    """A source of the host that cannot tell which grants hold an item."""

    def items(self, authorization):
        return [ConsentItem("rooms", "kitchen", "The kitchen")]


def test_grants_end_where_their_source_cannot_tell(new_listed_bank):
    host = new_listed_bank(
        lambda config: config.add_oauth_consent_source("rooms", Rooms())
    )
    client = host.register_client()
    tokens = tokens_for(host, client, scope="read", authorization_details=None)
    browser = log_in(host)
    page = browser.get(PAGE)
    button = page.html.select_one("[data-kind=rooms] button")
    page.forms[0].submit(button["name"], value=button["value"], status=303)
    assert are_active(host, client, tokens) == [False]
    page = browser.get(PAGE)
    assert page.html.select_one("[data-kind=rooms]") is None
    assert "read" in page.text


def test_a_host_withdraws_an_item_by_the_facade(listed_bank):
    client = listed_bank.register_client()
    tokens = tokens_for(listed_bank, client, ACCOUNTS, scope="read")
    browser = log_in(listed_bank)
    button = listed(browser.get(PAGE))["See your accounts"]
    kind, _, name = button["value"].partition(" ")
    query = {"kind": kind, "name": name}
    browser.get("/end", {**query, "scope": "read"}, status=400)
    assert browser.get("/end", query).json == 1
    assert browser.get("/end", query).json == 0
    assert are_active(listed_bank, client, tokens) == [False]
