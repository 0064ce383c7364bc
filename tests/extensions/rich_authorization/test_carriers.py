"""Authorization details in request objects, and at the authorization endpoint."""

from __future__ import annotations

import json

import pytest

from tests.support.host import authorize_client, parse_redirect
from tests.support.payments import ACCOUNTS, DETAILS, PAYMENT, declare_payments
from tests.support.provider import IMPLICIT, log_in_browser
from tests.support.pushing import submit_decision
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_object,
    set_client_keys,
    sign_request_object,
)
from tests.support.resources import only_row


@pytest.fixture
def details_provider(new_login_provider):
    provider = new_login_provider(lambda config: config.include(declare_payments))
    provider.register_client()
    set_client_keys(provider, "ES256")
    return provider


@pytest.mark.spec("RFC 9396", "3")
@pytest.mark.parametrize("write", [list, json.dumps], ids=["array", "text"])
def test_a_request_object_has_the_details_as_json(details_provider, write):
    claims = build_request_object_claims(**{DETAILS: write([PAYMENT, ACCOUNTS])})
    browser = details_provider.open_browser("alice")
    submit_decision(request_by_object(browser, sign_request_object(claims)))
    granted = only_row(details_provider, "Grant").details[DETAILS]
    assert granted == [PAYMENT, ACCOUNTS]


def test_a_request_object_with_something_else_is_refused(details_provider):
    claims = build_request_object_claims(**{DETAILS: PAYMENT})
    browser = details_provider.browser()
    answer = request_by_object(browser, sign_request_object(claims))
    assert parse_redirect(answer)["error"] == "invalid_request_object"


@pytest.mark.spec("RFC 9396", "4")
def test_an_authorization_response_has_no_details(new_provider):
    with pytest.warns(UserWarning, match="access tokens into URLs"):
        provider = new_provider(
            lambda config: config.include(declare_payments), **IMPLICIT
        )
    provider.register_client(
        authorization_grant_type="authorization_code implicit",
        client_metadata={"response_types": ["code token"]},
    )
    location = authorize_client(
        log_in_browser(provider),
        response_type="code token",
        scope="openid read",
        nonce="n",
        **{DETAILS: json.dumps([ACCOUNTS])},
    ).location
    assert "access_token=" in location
    assert DETAILS not in location
    assert only_row(provider, "AccessToken").claims[DETAILS] == [ACCOUNTS]
