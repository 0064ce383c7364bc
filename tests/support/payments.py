"""A host with two types of authorization details, and clients that ask for them."""

from __future__ import annotations

import json
from typing import Any

from pyramid.response import Response
from webtest import TestApp, TestResponse

from pyramid_oauth.extensions.rich_authorization import narrow_common_fields
from tests.support.host import (
    Host,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.types import Credentials, Metadata

DETAILS = "authorization_details"
PAYMENT_SCHEMA = {
    "type": "object",
    "properties": {
        "locations": {"type": "array", "items": {"type": "string"}},
        "instructedAmount": {
            "type": "object",
            "properties": {
                "currency": {"enum": ["EUR", "USD"]},
                "amount": {"type": "string", "pattern": r"^[0-9]{1,9}\.[0-9]{2}$"},
            },
            "required": ["currency", "amount"],
        },
        "creditorName": {"type": "string", "minLength": 1, "maxLength": 70},
    },
    "required": ["instructedAmount", "creditorName"],
}
PAYMENT = {
    "type": "payment_initiation",
    "locations": ["https://bank.example/payments"],
    "instructedAmount": {"currency": "EUR", "amount": "123.50"},
    "creditorName": "Merchant A",
}
ACCOUNTS = {
    "type": "account_information",
    "actions": ["list_accounts", "read_balances"],
    "locations": ["https://bank.example/accounts"],
}


def is_for_amount(request: Any, detail: Any) -> bool:
    """Whether the payment of the token is the one that is to be made."""
    amount: object = detail["instructedAmount"]["amount"]
    return bool(amount == request.params.get("amount"))


def pay(request: Any) -> Response:
    """Answer with the details of the token."""
    found = request.oauth.identity.details_of("payment_initiation")
    return Response(json_body=[dict(each) for each in found])


def declare_payments(config: Any) -> None:
    """Declare payments, which are made once, and account information."""
    config.include("pyramid_oauth.extensions.rich_authorization")
    config.add_oauth_authorization_details_type(
        "payment_initiation",
        PAYMENT_SCHEMA,
        label=lambda detail: f"Pay {detail['instructedAmount']['amount']}",
        check=is_for_amount,
        remember=False,
        risk="high",
    )
    config.add_oauth_authorization_details_type(
        "account_information",
        label="See your accounts",
        narrow=narrow_common_fields,
        client_policy=lambda request, client, detail: (
            detail.get("actions") == ["list_accounts"]
        ),
        optional=True,
    )
    config.add_route("pay", "/pay")
    config.add_view(
        pay, route_name="pay", oauth_authorization_details="payment_initiation"
    )


def log_in(host: Host) -> TestApp:
    """Return a browser at which alice is logged in."""
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


def request_details(browser: TestApp, *details: Any, **changes: Any) -> TestResponse:
    """Send an authorization request with these details; returns the redirect."""
    named = {"scope": None, DETAILS: json.dumps(details), **changes}
    parameters = build_authorization_request(**named)
    return browser.get("/oauth/authorize", parameters, status=303)


def is_asked(answer: TestResponse) -> bool:
    """Whether the redirect leads to the consent page."""
    return "/authorize/" in answer.location


def allow(answer: TestResponse) -> TestResponse:
    """Allow all on the consent page, if it is shown; returns the redirect."""
    if not is_asked(answer):
        return answer
    form = answer.follow(status=200).forms["oauth-consent"]
    return form.submit("decision", value="allow", status=303)


def tokens_for(
    host: Host, client: Credentials, *details: Any, **changes: Any
) -> Metadata:
    """Complete the code flow as alice for these details."""
    browser = log_in(host)
    code = parse_redirect(allow(request_details(browser, *details, **changes)))["code"]
    result: Metadata = browser.post(
        "/oauth/token", build_code_exchange(code, client), status=200
    ).json
    return result


def introspect(host: Host, client: Credentials, tokens: Metadata) -> Metadata:
    """Introspect the access token."""
    form = {"token": tokens["access_token"], **client}
    result: Metadata = host.browser().post("/oauth/introspect", form).json
    return result
