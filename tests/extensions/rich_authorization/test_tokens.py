"""Authorization details of tokens, and of their answers (RFC 9396 sections 6 to 9)."""

from __future__ import annotations

import json

import pytest

from tests.support.host import (
    build_code_exchange,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)
from tests.support.payments import (
    ACCOUNTS,
    DETAILS,
    PAYMENT,
    allow,
    introspect,
    log_in,
    request_details,
    tokens_for,
)

RFC = "RFC 9396"
ERROR = "invalid_authorization_details"
LIST = {**ACCOUNTS, "actions": ["list_accounts"]}
LIST_ONLY = {"type": "account_information", "actions": ["list_accounts"]}


@pytest.mark.spec(RFC, "7")
@pytest.mark.spec(RFC, "9.2")
def test_answers_have_the_details(bank, bank_client):
    tokens = tokens_for(bank, bank_client, PAYMENT, ACCOUNTS)
    assert tokens[DETAILS] == [PAYMENT, ACCOUNTS]
    assert "scope" not in tokens
    assert introspect(bank, bank_client, tokens)[DETAILS] == [PAYMENT, ACCOUNTS]


@pytest.mark.spec(RFC, "6")
def test_a_refresh_narrows_one_token_and_not_the_grant(bank, bank_client):
    tokens = tokens_for(bank, bank_client, PAYMENT, ACCOUNTS)
    token = tokens["refresh_token"]
    narrowed = refresh_tokens(bank, bank_client, token, **{DETAILS: json.dumps([LIST])})
    assert narrowed.json[DETAILS] == [LIST]
    assert introspect(bank, bank_client, narrowed.json)[DETAILS] == [LIST]
    again = refresh_tokens(bank, bank_client, narrowed.json["refresh_token"])
    assert again.json[DETAILS] == [PAYMENT, ACCOUNTS]


@pytest.mark.spec(RFC, "6.1")
def test_what_a_token_request_leaves_out_stays_as_granted(bank, bank_client):
    browser = log_in(bank)
    code = parse_redirect(allow(request_details(browser, PAYMENT, ACCOUNTS)))["code"]
    form = build_code_exchange(code, bank_client, **{DETAILS: json.dumps([LIST_ONLY])})
    assert browser.post("/oauth/token", form).json[DETAILS] == [LIST]


@pytest.mark.spec(RFC, "6")
@pytest.mark.spec(RFC, "8")
@pytest.mark.parametrize(
    "detail",
    [
        {**ACCOUNTS, "actions": ["list_accounts", "read_transactions"]},
        {**PAYMENT, "creditorName": "Merchant B"},
        {"type": "payment_initiation", "creditorName": 4},
        {"type": "unknown"},
    ],
    ids=["more", "other", "invalid", "unknown"],
)
def test_more_than_was_granted_is_refused(bank, bank_client, detail):
    token = tokens_for(bank, bank_client, PAYMENT, ACCOUNTS)["refresh_token"]
    changed = {DETAILS: json.dumps([detail])}
    answer = refresh_tokens(bank, bank_client, token, **changed)
    assert (answer.status_int, answer.json["error"]) == (400, ERROR)
    assert refresh_tokens(bank, bank_client, token).status_int == 200


@pytest.mark.spec(RFC, "6")
def test_a_code_for_scopes_gives_no_details(bank, bank_client):
    browser = log_in(bank)
    answer = request_details(browser, scope="read", **{DETAILS: None})
    code = parse_redirect(allow(answer))["code"]
    form = build_code_exchange(code, bank_client, **{DETAILS: json.dumps([ACCOUNTS])})
    assert browser.post("/oauth/token", form, status=400).json["error"] == ERROR


@pytest.mark.spec(RFC, "6")
def test_a_client_gets_for_itself_what_its_policy_allows(bank, bank_client):
    def request(detail):
        return request_client_token(
            bank, bank_client, **{DETAILS: json.dumps([detail])}
        )

    assert request(LIST).json[DETAILS] == [LIST]
    for refused in (ACCOUNTS, PAYMENT, {"type": "unknown"}):
        assert request(refused).json["error"] == ERROR
    assert request_client_token(bank, bank_client, scope="read").status_int == 200


def test_a_type_that_is_withdrawn_from_the_client_is_no_longer_issued(
    bank, bank_client
):
    tokens = tokens_for(bank, bank_client, PAYMENT, ACCOUNTS)
    bank.set_client_metadata(authorization_details_types=["account_information"])
    refreshed = refresh_tokens(bank, bank_client, tokens["refresh_token"]).json
    assert refreshed[DETAILS] == [ACCOUNTS]
    bank.set_client_metadata(authorization_details_types=[])
    answer = refresh_tokens(bank, bank_client, refreshed["refresh_token"])
    assert answer.json["error"] == ERROR


def declare_resources(config):
    config.include("pyramid_oauth.extensions.resource_indicators")
    for name in ("accounts", "payments"):
        config.add_oauth_resource(f"https://bank.example/{name}")


@pytest.mark.spec(RFC, "9.1")
@pytest.mark.spec(RFC, "3.2")
def test_a_token_for_a_resource_has_the_details_located_there(new_bank):
    host = new_bank(declare_resources)
    client = host.register_client()
    everywhere = {"type": "account_information", "identifier": "anywhere"}
    tokens = tokens_for(
        host,
        client,
        *(PAYMENT, ACCOUNTS, everywhere),
        resource="https://bank.example/accounts https://bank.example/payments",
    )
    assert tokens[DETAILS] == [PAYMENT, ACCOUNTS, everywhere]
    one = {"resource": "https://bank.example/accounts"}
    narrowed = refresh_tokens(host, client, tokens["refresh_token"], **one).json
    assert narrowed[DETAILS] == [ACCOUNTS, everywhere]
    refused = {**one, DETAILS: json.dumps([PAYMENT])}
    answer = refresh_tokens(host, client, narrowed["refresh_token"], **refused)
    assert answer.json["error"] == ERROR


def test_details_cost_no_statement(new_bank):
    def count(*details, **changes):
        statements.clear()
        tokens = tokens_for(host, client, *details, **changes)
        refresh_tokens(host, client, tokens["refresh_token"])
        return len(statements)

    host = new_bank()
    client = host.register_client()
    statements = host.record_statements()
    tokens_for(host, client, scope="read", **{DETAILS: None})
    without = count(scope="read", approval_prompt="force", **{DETAILS: None})
    assert count(ACCOUNTS, scope="read", approval_prompt="force") == without


def declare_servers(config):
    config.include("pyramid_oauth.extensions.resource_indicators")
    for name in ("accounts", "payments"):
        config.add_oauth_resource(
            f"https://bank.example/{name}", introspected_by=[name]
        )


@pytest.mark.spec(RFC, "9.2")
def test_a_resource_sees_at_introspection_what_is_located_there(new_bank):
    host = new_bank(declare_servers)
    client, api, bare = (
        host.register_client(client_id=name) for name in ("web", "accounts", "payments")
    )
    both = "https://bank.example/accounts https://bank.example/payments"
    tokens = tokens_for(host, client, ACCOUNTS, resource=both)
    assert introspect(host, api, tokens)[DETAILS] == [ACCOUNTS]
    assert introspect(host, client, tokens)[DETAILS] == [ACCOUNTS]
    answer = introspect(host, bare, tokens)
    assert answer["active"]
    assert DETAILS not in answer
