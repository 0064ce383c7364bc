"""Errors of requests that are refused before their parameters are known (JARM)."""

from __future__ import annotations

import time

import pytest

from tests.support.host import CALLBACK, parse_redirect
from tests.support.pushing import parse_error_page
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_jar,
    request_by_object,
    set_client_keys,
    sign_request_object,
)

SIGNING = "FAPI 2.0 Message Signing"
FORGED = "no.request.object"


@pytest.fixture
def signed_errors_provider(new_login_provider):
    """A provider that sends no unsigned response; `web` signs its requests."""
    provider = new_login_provider(
        extensions="default jarm", require_jwt_response_mode="true"
    )
    provider.web = provider.register_client()
    set_client_keys(provider, "ES256")
    return provider


def read_signed(provider, members):
    assert members.keys() == {"response"}
    return provider.verify_token(members["response"], "web", ["exp"])


@pytest.mark.spec(SIGNING, "5.4.1")
@pytest.mark.parametrize("mode", [None, "query", "fragment", "jwt", "query.jwt"])
def test_the_error_of_a_forged_object_is_signed(signed_errors_provider, mode):
    answer = request_by_object(
        *(signed_errors_provider.open_browser("alice"), FORGED),
        redirect_uri=CALLBACK,
        response_mode=mode,
        state="outside",
    )
    claims = read_signed(signed_errors_provider, parse_redirect(answer))
    assert claims["error"] == "invalid_request_object"
    assert claims["state"] == "outside"


@pytest.mark.spec(SIGNING, "5.4.1")
def test_the_error_of_a_forged_object_is_posted_signed(signed_errors_provider):
    page = request_by_object(
        *(signed_errors_provider.open_browser("alice"), FORGED),
        redirect_uri=CALLBACK,
        response_mode="form_post.jwt",
    )
    form = page.forms["oauth-form-post"]
    members = {name: form[name].value for name in form.fields if name}
    claims = read_signed(signed_errors_provider, members)
    assert claims["error"] == "invalid_request_object"


@pytest.mark.spec("RFC 9101", "6.3")
@pytest.mark.parametrize("mode", [None, "query", "fragment", "query.jwt"])
def test_a_signed_object_cannot_ask_for_an_unsigned_error(signed_errors_provider, mode):
    claims = build_request_object_claims(
        exp=int(time.time()) - 600, response_mode=mode, state="inside"
    )
    browser = signed_errors_provider.open_browser("alice")
    answer = request_by_jar(browser, sign_request_object(claims))
    members = read_signed(signed_errors_provider, parse_redirect(answer))
    assert members["error"] == "invalid_request_object"
    assert members["state"] == "inside"


@pytest.mark.parametrize(
    "outside",
    [
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": CALLBACK, "response_mode": "unheard-of"},
        {"redirect_uri": CALLBACK, "client_id": "unknown"},
    ],
)
def test_an_error_for_nobody_known_is_a_page(signed_errors_provider, outside):
    browser = signed_errors_provider.open_browser("alice")
    answer = request_by_object(browser, FORGED, **outside)
    assert parse_error_page(answer) in ("invalid_request_object", "invalid_request")
