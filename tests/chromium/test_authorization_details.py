"""The consent page of a payment, in each width and color scheme (RFC 9396)."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from tests.chromium.conftest import ROOT, make_site, serve
from tests.chromium.test_every_page import find_sideways, take_screenshot
from tests.chromium.test_pages import (
    CHALLENGE,
    WIDTHS,
    find_violations,
    log_in,
)
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAYMENT = {
    "type": "payment_initiation",
    "locations": ["https://bank.example/payments"],
    "instructedAmount": {"currency": "EUR", "amount": "123.50"},
    "creditorName": "\u05d7\u05e0\u05d5\u05ea (\u05d0\u05d1\u05d2) Merchant A",
    "creditorAccount": {"iban": "DE02100100109307118603"},
}
ACCOUNTS = {
    "type": "account_information",
    "actions": ["list_accounts", "read_balances", "read_transactions"],
    "identifier": "x" * 120,
}
SETTINGS = """
pyramid_oauth.extensions = default connections docs.examples.payments
pyramid_oauth.authorization_details_types = account_information
"""


@pytest.fixture(scope="module")
def bank_origin(tmp_path_factory):
    """The ready-made server as the bank of the documentation."""
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        ini = make_site(tmp_path_factory.mktemp("bank"), port, SETTINGS)
        with serve(ini, port) as origin:
            yield origin


def open_payment(page, site):
    log_in(page, site)
    query = {
        "response_type": "code",
        "client_id": "playground",
        "redirect_uri": f"{site}/playground",
        "scope": "read",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "authorization_details": json.dumps([PAYMENT, ACCOUNTS]),
    }
    page.goto(f"{site}/oauth/authorize?{urlencode(query)}")
    page.wait_for_selector("#oauth-consent")


@pytest.mark.usefixtures("axe")
@pytest.mark.spec("RFC 9396", "3.1")
def test_a_payment_is_readable_and_accessible(chromium, bank_origin, scheme):
    with chromium.new_context(bypass_csp=True, color_scheme=scheme) as context:
        page = context.new_page()
        open_payment(page, bank_origin)
        text = page.inner_text("#oauth-consent")
        for shown in ("Pay 123.50 EUR to", "DE02100100109307118603", "read_balances"):
            assert shown in text
        assert '"' not in text
        assert find_violations(page) == []
        assert find_sideways(page, WIDTHS) == []
        take_screenshot(page, f"payment-{scheme}")
        page.click("#oauth-allow")
        page.wait_for_url("**/playground?code=*")
        page.goto(f"{bank_origin}/oauth/connections")
        assert "Pay 123.50 EUR to" in page.inner_text("[data-kind]")
        assert find_violations(page) == []
        assert find_sideways(page, WIDTHS) == []
        take_screenshot(page, f"payment-connections-{scheme}")
