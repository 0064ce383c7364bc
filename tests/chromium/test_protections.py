"""Pages of the protections: security options, details to withdraw, a stronger login."""

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
    make_administrator,
)
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ALL_WIDTHS = (*WIDTHS, 195, 640)
SETTINGS = """
pyramid_oauth.extensions = default connections dpop mtls step_up docs.examples.payments
pyramid_oauth.authorization_details_types = account_information
pyramid_oauth.token_endpoint_auth_methods = none client_secret_basic tls_client_auth
pyramid_oauth.mtls_verified_by = environ:SSL_CLIENT_VERIFY
"""
PAYMENT = {
    "type": "payment_initiation",
    "instructedAmount": {"currency": "EUR", "amount": "123.50"},
    "creditorName": "Merchant A",
    "creditorAccount": {"iban": "DE02100100109307118603"},
}
ACCOUNTS = {
    "type": "account_information",
    "actions": ["list_accounts", "read_balances", "read_transactions"],
    "locations": [f"https://bank.example/{'accounts/' * 12}"],
    "identifier": "x" * 120,
}


@pytest.fixture(scope="module")
def guarded_origin(tmp_path_factory):
    """The ready-made server with the protections that people see."""
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        ini = make_site(tmp_path_factory.mktemp("guarded"), port, SETTINGS)
        make_administrator(ini)
        with serve(ini, port) as origin:
            yield origin


def check(page, name):
    """Keep a picture; assert that the page is accessible and fits."""
    take_screenshot(page, f"{name}-{page.look}")
    assert find_violations(page) == []
    assert find_sideways(page, ALL_WIDTHS) == []


def ask(page, site, *details, **more):
    query = {
        "response_type": "code",
        "client_id": "playground",
        "redirect_uri": f"{site}/playground",
        "scope": "read",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "authorization_details": json.dumps(details),
        **more,
    }
    page.goto(f"{site}/oauth/authorize?{urlencode(query)}")


def allow(page, site, *details):
    ask(page, site, *details)
    page.click("#oauth-allow")
    page.wait_for_url("**/playground**")


def test_the_form_of_an_application_has_security_options(look, guarded_origin):
    log_in(look, guarded_origin)
    look.goto(f"{guarded_origin}/oauth/applications/register")
    assert not look.is_visible("#application-metadata_tls_client_auth_subject_dn")
    look.click("#oauth-security summary")
    check(look, "security-options")
    look.fill("input[name=name]", "Bank")
    look.fill("[name=redirect_uris]", "https://bank.example/cb")
    look.select_option("[name=token_endpoint_auth_method]", "tls_client_auth")
    look.fill("#application-metadata_tls_client_auth_subject_dn", "no name" * 30)
    look.fill("#application-metadata_tls_client_auth_san_ip", "192.0.2.300")
    look.check("input[value=payment_initiation]")
    look.click("#oauth-save")
    look.wait_for_selector("#oauth-problems")
    assert look.is_visible("#application-metadata_tls_client_auth_subject_dn-errors")
    assert look.is_checked("input[value=payment_initiation]")
    check(look, "security-options-refused")


def test_details_are_listed_with_a_way_to_withdraw_each(look, guarded_origin):
    log_in(look, guarded_origin)
    allow(look, guarded_origin, PAYMENT, ACCOUNTS)
    look.goto(f"{guarded_origin}/oauth/connections")
    check(look, "details")
    look.set_viewport_size({"width": 390, "height": 700})
    buttons = look.locator("[data-kind] button")
    before = buttons.count()
    buttons.last.click()
    look.wait_for_selector("#oauth-withdrawn")
    assert buttons.count() == before - 1
    check(look, "detail-withdrawn")


def test_a_detail_is_withdrawn_without_a_script(either_context, guarded_origin):
    page = either_context.new_page()
    page.set_viewport_size({"width": 390, "height": 700})
    log_in(page, guarded_origin)
    allow(page, guarded_origin, PAYMENT)
    page.goto(f"{guarded_origin}/oauth/connections")
    page.locator("[data-kind] button", has_text="Pay 123.50").first.click()
    page.wait_for_selector("#oauth-withdrawn")
    assert "Pay 123.50" not in page.inner_text("#oauth-connections form")


def test_a_page_says_why_a_stronger_login_is_required(look, guarded_origin):
    log_in(look, guarded_origin)
    ask(look, guarded_origin, PAYMENT, acr_values="phr")
    assert "/authorize" not in look.url
    check(look, "step-up")
    ask(look, guarded_origin, PAYMENT, max_age="0")
    assert look.is_visible("input[name=password]")
    check(look, "step-up-age")
