"""Consent to authorization details: shown, remembered, declined, completed."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.orm import Session

from tests.support.host import build_code_exchange, parse_redirect
from tests.support.payments import (
    ACCOUNTS,
    DETAILS,
    PAYMENT,
    allow,
    is_asked,
    log_in,
    request_details,
    tokens_for,
)

RFC = "RFC 9396"
LIST = {**ACCOUNTS, "actions": ["list_accounts"]}


def shown_text(answer):
    return answer.follow(status=200).html.select_one("#oauth-consent").text


@pytest.mark.spec(RFC, "3.1")
def test_the_page_lists_the_fields_of_each_detail(bank_browser):
    text = shown_text(request_details(bank_browser, PAYMENT, ACCOUNTS))
    for shown in ("Pay 123.50", "EUR", "Merchant A", "list_accounts, read_balances"):
        assert shown in text
    assert "{" not in text


@pytest.mark.spec(RFC, "12")
def test_the_page_escapes_what_a_client_sends(bank_browser):
    hostile = {**PAYMENT, "creditorName": "<script>alert(1)</script>"}
    page = request_details(bank_browser, hostile).follow()
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def test_the_template_of_the_host_shows_a_detail(new_bank, tmp_path):
    template = tmp_path / "payment.oauth"
    template.write_text('<b id="sum">{{ item.data.instructedAmount.amount }}</b>')

    def configure(config):
        config.add_oauth_authorization_details_type(
            "payment_initiation",
            {"properties": {"instructedAmount": {}}},
            template=str(template),
        )

    host = new_bank(configure)
    host.register_client()
    detail = {"type": "payment_initiation", "instructedAmount": {"amount": "<i>"}}
    page = request_details(log_in(host), detail).follow()
    assert page.html.select_one("#sum").text == "<i>"


def test_an_approval_covers_equal_and_narrower_details(bank, bank_browser):
    allow(request_details(bank_browser, ACCOUNTS))
    assert not is_asked(request_details(bank_browser, ACCOUNTS))
    assert not is_asked(request_details(bank_browser, LIST))
    wider = {**ACCOUNTS, "actions": ["list_accounts", "read_transactions"]}
    assert is_asked(request_details(bank_browser, wider))
    assert is_asked(request_details(bank_browser, {"type": "account_information"}))


def test_one_and_true_are_not_the_same_approval(new_bank):
    def configure(config):
        config.add_oauth_authorization_details_type("any", {"properties": {"x": {}}})

    host = new_bank(configure)
    host.register_client()
    browser = log_in(host)
    allow(request_details(browser, {"type": "any", "x": 1}))
    assert not is_asked(request_details(browser, {"type": "any", "x": 1}))
    for other in (True, 1.0, "1", [1]):
        assert is_asked(request_details(browser, {"type": "any", "x": other}))


def test_what_is_done_once_is_asked_about_each_time(bank, bank_browser):
    for _ in range(2):
        answer = request_details(bank_browser, PAYMENT)
        assert is_asked(answer)
        allow(answer)
    with Session(bank.engine) as session:
        consent = session.query(bank.models.Consent).one()
    assert "Merchant" not in json.dumps(consent.details)


def test_a_consent_remembers_the_newest_approvals(bank, bank_browser):
    for number in range(6):
        details = [{**ACCOUNTS, "identifier": f"{number}.{n}"} for n in range(10)]
        allow(request_details(bank_browser, *details))
    with Session(bank.engine) as session:
        consent = session.query(bank.models.Consent).one()
    assert len(consent.details[DETAILS]) == 50
    assert not is_asked(request_details(bank_browser, details[-1]))
    assert is_asked(request_details(bank_browser, {**ACCOUNTS, "identifier": "0.0"}))


@pytest.mark.spec(RFC, "3")
def test_the_user_may_grant_a_part(bank, bank_browser, bank_client):
    form = request_details(bank_browser, PAYMENT, ACCOUNTS).follow().forms[0]
    form[DETAILS] = False
    code = parse_redirect(form.submit("decision", value="allow"))["code"]
    answer = bank_browser.post("/oauth/token", build_code_exchange(code, bank_client))
    assert answer.json[DETAILS] == [PAYMENT]


def test_a_request_of_which_nothing_is_granted_is_denied(bank_browser):
    form = request_details(bank_browser, ACCOUNTS).follow().forms[0]
    form[DETAILS] = False
    answer = form.submit("decision", value="allow", status=303)
    assert parse_redirect(answer)["error"] == "access_denied"


def test_a_trusted_application_is_not_asked_about(bank, bank_client):
    bank.update_application(skip_authorization=True)
    answer = request_details(log_in(bank), PAYMENT)
    assert "code" in parse_redirect(answer)


def select_account(authorization, detail, answers):
    account = answers.get("account")
    return {**detail, "identifier": account} if account else None


@pytest.fixture
def choosing_host(new_bank, tmp_path):
    template = tmp_path / "accounts.oauth"
    template.write_text('<input name="{{ item.name }}.account" value="none">')

    def configure(config):
        config.add_oauth_authorization_details_type(
            "account_information", template=str(template), enrich=select_account
        )

    return new_bank(configure)


@pytest.mark.spec(RFC, "7.1")
def test_the_host_completes_a_detail_with_what_the_user_chose(choosing_host):
    client = choosing_host.register_client()
    browser = log_in(choosing_host)
    for chosen in ("DE1", "DE2"):
        form = request_details(browser, ACCOUNTS).follow().forms[0]
        (name,) = [name for name in form.fields if name and name.endswith(".account")]
        form[name] = chosen
        code = parse_redirect(form.submit("decision", value="allow"))["code"]
        tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
        assert tokens[DETAILS] == [{**ACCOUNTS, "identifier": chosen}]


def test_what_the_host_does_not_complete_is_not_granted(choosing_host):
    choosing_host.register_client(skip_authorization=True)
    answer = request_details(log_in(choosing_host), ACCOUNTS)
    assert parse_redirect(answer)["error"] == "access_denied"


def test_an_invalid_detail_of_the_host_is_not_granted(new_bank):
    def configure(config):
        config.add_oauth_authorization_details_type(
            "account_information",
            enrich=lambda *_: {"type": "account_information", "x": 1},
        )

    host = new_bank(configure)
    host.register_client()
    answer = allow(request_details(log_in(host), ACCOUNTS))
    assert parse_redirect(answer)["error"] == "server_error"


def include_pages(config):
    config.include("pyramid_oauth.extensions.connections")
    config.include("pyramid_oauth.extensions.consent_ledger")


def test_connections_and_ledger_show_the_details(new_bank):
    host = new_bank(include_pages)
    client = host.register_client()
    tokens_for(host, client, PAYMENT, ACCOUNTS)
    page = log_in(host).get("/oauth/connections")
    shown = page.html.select_one(f"[data-kind={DETAILS}]").text
    assert "Pay 123.50" in shown
    assert "See your accounts" in shown
    with Session(host.engine) as session:
        (entry,) = session.query(host.models.ConsentLedgerEntry).all()
    assert [(item["text"], item["data"]) for item in entry.items] == [
        ("Pay 123.50", PAYMENT),
        ("See your accounts", ACCOUNTS),
    ]


def test_no_detail_is_folded_away(bank_browser):
    details = [{**ACCOUNTS, "identifier": f"account {n}"} for n in range(10)]
    page = request_details(bank_browser, *details, scope="read write").follow().html
    assert page.select_one("#oauth-more") is None
    assert all(
        f"account {n}" in page.select_one("#oauth-consent").text for n in range(10)
    )


def test_what_an_earlier_schema_allowed_counts_no_more(new_host):
    def declare(**properties):
        def configure(config):
            config.include("pyramid_oauth.extensions.connections")
            config.include("pyramid_oauth.extensions.rich_authorization")
            config.add_oauth_authorization_details_type(
                "any",
                {"properties": properties, "required": list(properties)},
                label=lambda detail: "".join(detail[name] for name in properties),
                narrow=lambda requested, granted: (
                    granted if all(granted[name] for name in properties) else None
                ),
            )

        return configure

    before = new_host(declare(a={"type": "string"}))
    client = before.register_client()
    detail = {"type": "any", "a": "former"}
    tokens = tokens_for(before, client, detail, scope="read")
    after = new_host(declare(b={"type": "string"}))
    browser = log_in(after)
    assert is_asked(request_details(browser, {"type": "any", "b": "new"}))
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = browser.post("/oauth/token", {**form, **client}, status=200).json
    assert DETAILS not in refreshed
    assert "former" not in browser.get("/oauth/connections", status=200).text
