"""Requests for authorization details, and those that are refused (RFC 9396 2 to 5)."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.host import build_authorization_request, parse_redirect
from tests.support.payments import (
    ACCOUNTS,
    DETAILS,
    PAYMENT,
    allow,
    is_asked,
    request_details,
    tokens_for,
)

RFC = "RFC 9396"
ERROR = "invalid_authorization_details"
AMOUNT = PAYMENT["instructedAmount"]
INVALID = {
    "an unknown type": {"type": "unknown"},
    "an unknown field": {**PAYMENT, "extra": 1},
    "an unknown field inside": {**PAYMENT, "instructedAmount": {**AMOUNT, "tip": "1"}},
    "a field of the wrong type": {**PAYMENT, "creditorName": 1},
    "an invalid value": {**PAYMENT, "instructedAmount": {**AMOUNT, "currency": "CHF"}},
    "a missing field": {"type": "payment_initiation", "instructedAmount": AMOUNT},
    "no type": {"creditorName": "Merchant A"},
    "a type that is no text": {**PAYMENT, "type": ["payment_initiation"]},
}


def error_of(answer):
    return parse_redirect(answer).get("error")


@pytest.mark.spec(RFC, "5")
@pytest.mark.parametrize("detail", INVALID.values(), ids=INVALID)
def test_details_that_do_not_conform_are_refused(bank_browser, detail):
    assert error_of(request_details(bank_browser, PAYMENT, detail)) == ERROR


@pytest.mark.spec(RFC, "5")
def test_a_pushed_request_is_refused_at_once(bank, bank_client):
    form = build_authorization_request(scope=None, **{DETAILS: '[{"type": "unknown"}]'})
    answer = bank.browser().post("/oauth/par", {**form, **bank_client}, status=400)
    assert answer.json["error"] == ERROR


@pytest.mark.spec(RFC, "11.4")
def test_a_pushed_request_is_continued_with_its_details(
    bank, bank_browser, bank_client
):
    form = build_authorization_request(scope=None, **{DETAILS: json.dumps([PAYMENT])})
    pushed = bank.browser().post("/oauth/par", {**form, **bank_client}, status=201).json
    answer = bank_browser.get(
        "/oauth/authorize",
        {"client_id": "web", "request_uri": pushed["request_uri"]},
        status=303,
    )
    assert "Pay 123.50" in answer.follow().text
    assert "code" in parse_redirect(allow(answer))


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "{}",
        "[]",
        "[1]",
        "[",
        '[{"type": "payment_initiation", "type": "x"}]',
        '[{"type": "account_information", "actions": [NaN]}]',
        '[{"type": "account_information", "identifier": "\\u0000"}]',
        '[{"type": "account_information", "identifier": "\\ud800"}]',
        '[{"type": "account_information", "identifier": "\u202etxt"}]',
        "[" * 40 + "]" * 40,
        json.dumps([{"type": "account_information", "identifier": "x" * 5000}]),
        json.dumps([{"type": "account_information", "identifier": "\U0001f600" * 400}]),
        json.dumps(
            [{"type": "account_information", "identifier": str(n)} for n in range(11)]
        ),
    ],
    ids=range(14),
)
def test_malformed_or_too_large_details_are_refused(bank_browser, text):
    assert error_of(request_details(bank_browser, **{DETAILS: text})) == ERROR


@pytest.mark.spec(RFC, "10")
def test_a_client_gets_only_the_types_that_it_registered(bank, bank_browser):
    bank.set_client_metadata(authorization_details_types=["account_information"])
    assert error_of(request_details(bank_browser, PAYMENT)) == ERROR
    assert is_asked(request_details(bank_browser, ACCOUNTS))


def test_a_type_may_be_for_certain_clients(new_bank):
    def configure(config):
        config.add_oauth_authorization_details_type("tax", clients=["authority"])

    host = new_bank(configure)
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    assert error_of(request_details(browser, {"type": "tax"})) == ERROR


@pytest.mark.spec(RFC, "3.1")
def test_scope_and_details_are_asked_about_together(bank_browser):
    answer = request_details(bank_browser, PAYMENT, scope="read")
    text = answer.follow().text
    assert "Pay 123.50" in text
    assert "Read things" in text


def test_a_request_without_scope_and_details_is_refused(bank_browser):
    answer = bank_browser.get(
        "/oauth/authorize", build_authorization_request(scope=None), status=303
    )
    assert error_of(answer) == "invalid_scope"


def test_equal_details_are_asked_about_once(bank, bank_client):
    tokens = tokens_for(bank, bank_client, PAYMENT, PAYMENT, ACCOUNTS)
    assert tokens[DETAILS] == [PAYMENT, ACCOUNTS]


@pytest.mark.spec(RFC, "10")
def test_metadata_lists_the_types(bank):
    path = "/.well-known/oauth-authorization-server/oauth"
    supported = bank.browser().get(path).json["authorization_details_types_supported"]
    assert supported == ["payment_initiation", "account_information"]


@pytest.mark.spec(RFC, "13")
def test_details_are_not_in_a_url_of_the_login(bank, bank_client):
    browser = bank.browser()
    answer = request_details(browser, PAYMENT)
    assert "Merchant" not in answer.location
    (resumed,) = parse_qs(urlsplit(answer.location).query)["next"]
    browser.get("/login?name=alice")
    shown = browser.get(resumed)
    assert "Merchant A" in (shown.follow() if shown.location else shown).text


def test_details_that_were_not_approved_need_a_page(bank_browser):
    answer = request_details(bank_browser, ACCOUNTS, prompt="none")
    assert error_of(answer) == "consent_required"
