"""The bank of docs/how_to/rich_authorization.rst, executed."""

from __future__ import annotations

import pytest

from tests.support.documented import example
from tests.support.payments import (
    DETAILS,
    allow,
    log_in,
    request_details,
    tokens_for,
)

PAYMENT = {
    "type": "payment_initiation",
    "locations": ["https://bank.example/payments"],
    "instructedAmount": {"currency": "EUR", "amount": "123.50"},
    "creditorName": "Merchant A",
    "creditorAccount": {"iban": "DE02100100109307118603"},
}
FORM = {"amount": "123.50", "currency": "EUR", "iban": "DE02100100109307118603"}


@pytest.fixture
def documented_bank(new_host):
    def configure(config):
        config.include(example("payments").includeme)

    return new_host(configure, default_scopes="")


def test_the_documented_api_makes_the_payment_that_was_allowed(documented_bank):
    client = documented_bank.register_client()
    page = request_details(log_in(documented_bank), PAYMENT).follow()
    assert "Pay 123.50 EUR to Merchant A" in page.text
    tokens = tokens_for(documented_bank, client, PAYMENT)
    assert tokens[DETAILS] == [PAYMENT]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    browser = documented_bank.browser()
    answer = browser.post("/payments", FORM, headers=headers, status=200)
    assert answer.json["status"] == "accepted"
    other = {**FORM, "amount": "9999.00"}
    refused = browser.post("/payments", other, headers=headers, status=403)
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    assert allow(request_details(log_in(documented_bank), PAYMENT))
