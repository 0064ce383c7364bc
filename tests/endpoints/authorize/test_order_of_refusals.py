"""The order in which faults of an authorization request are found, and who learns them.

RFC 6749 section 4.1.2.1: an error goes to the client only if its redirect URI is valid.
Each list has the faults in the order in which they are found: a request with all faults
from one on is refused for that one.
"""

from __future__ import annotations

import pytest

from tests.support.faults import combine_faults, fault_ids
from tests.support.host import build_authorization_request, parse_redirect
from tests.support.request_objects import (
    build_request_object_claims,
    set_client_keys,
    sign_request_object,
)

PAGE = "page"
CLIENT = "client"

PLAIN = [
    ({"response_mode": "pigeon"}, PAGE, "response_mode is not supported."),
    ({"client_id": "nobody"}, PAGE, "Invalid client_id parameter value."),
    ({"redirect_uri": "https://evil.example/"}, PAGE, "Mismatching redirect URI."),
    ({"code_challenge": None}, CLIENT, "without code_challenge"),
    ({"scope": "fly"}, CLIENT, "invalid_scope"),
    ({"approval_prompt": "maybe"}, CLIENT, "approval_prompt is auto or force."),
    ({"request": "x.y.z"}, CLIENT, "request_not_supported"),
    ({"request_uri": "https://c.example/r"}, CLIENT, "request_uri_not_supported"),
    ({"prompt": "none login"}, CLIENT, "prompt=none goes with no other value."),
]

OPENID = [
    ({"response_mode": "pigeon"}, PAGE, "response_mode is not supported."),
    ({"client_id": "nobody"}, PAGE, "Invalid client_id parameter value."),
    ({"redirect_uri": "https://evil.example/"}, PAGE, "Mismatching redirect URI."),
    ({"code_challenge": "short"}, CLIENT, "invalid_request"),
    ({"approval_prompt": "maybe"}, CLIENT, "approval_prompt is auto or force."),
    ({"request_uri": "https://c.example/r"}, CLIENT, "request_uri_not_supported"),
    ({"prompt": "none login"}, CLIENT, "prompt=none goes with no other value."),
    ({"registration": "{}"}, CLIENT, "registration_not_supported"),
    ({"claims": "no JSON"}, CLIENT, "claims"),
    ({"max_age": "soon"}, CLIENT, "max_age must be a number of seconds."),
    ({"id_token_hint": "x.y.z"}, CLIENT, "id_token_hint is not an ID Token"),
    ({"prompt": "none"}, CLIENT, "login_required"),
]

OBJECT = [
    ({"client_id": "nobody"}, PAGE, "Invalid client_id parameter value."),
    (
        {"redirect_uri": "https://evil.example/", "request_uri": "https://c.example/r"},
        PAGE,
        "request and request_uri were sent.",
    ),
    ({"request_uri": "https://c.example/r"}, CLIENT, "request and request_uri"),
    ({"request": "x.y.z"}, CLIENT, "invalid_request_object"),
    # Parameters outside the object are checked too.
    ({"approval_prompt": "maybe"}, CLIENT, "approval_prompt is auto or force."),
]


def assert_refused(answer, receiver, text):
    if receiver == PAGE:
        assert answer.status_int == 400
        assert text in answer.text
    else:
        assert answer.location.startswith("https://client.example/cb?")
        members = parse_redirect(answer)
        assert text in (f"{members['error']} {members.get('error_description', '')}")
        assert "code" not in members


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("first", range(len(PLAIN)), ids=fault_ids(PLAIN))
def test_an_oauth_request_is_refused_for_its_first_fault(host, client, browser, first):
    _, receiver, text = PLAIN[first]
    parameters = build_authorization_request(**combine_faults(PLAIN[first:]))
    answer = browser.get("/oauth/authorize", parameters, expect_errors=True)
    assert_refused(answer, receiver, text)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
@pytest.mark.parametrize("first", range(len(OPENID)), ids=fault_ids(OPENID))
def test_an_authentication_request_is_refused_for_its_first_fault(
    login_provider, first
):
    _, receiver, text = OPENID[first]
    parameters = build_authorization_request(
        scope="openid", **combine_faults(OPENID[first:])
    )
    answer = login_provider.open_browser().get(
        "/oauth/authorize", parameters, expect_errors=True
    )
    assert_refused(answer, receiver, text)


@pytest.mark.spec("RFC 9101", "6.1")
@pytest.mark.parametrize("first", range(len(OBJECT)), ids=fault_ids(OBJECT))
def test_a_request_with_an_object_is_refused_for_its_first_fault(login_provider, first):
    set_client_keys(login_provider, "ES256")
    _, receiver, text = OBJECT[first]
    valid = {
        "request": sign_request_object(build_request_object_claims(response_mode=None)),
        "scope": "openid",
    }
    parameters = build_authorization_request(
        **{**valid, **combine_faults(OBJECT[first:])}
    )
    answer = login_provider.open_browser().get(
        "/oauth/authorize", parameters, expect_errors=True
    )
    assert_refused(answer, receiver, text)


@pytest.mark.spec("RFC 9101", "10.5")
def test_an_invalid_value_is_reported_before_a_missing_signature(login_provider):
    set_client_keys(login_provider, "ES256", require_signed_request_object=True)
    browser = login_provider.open_browser("alice")
    both = build_authorization_request(
        scope="openid", approval_prompt="maybe", registration="{}"
    )
    assert_refused(
        browser.get("/oauth/authorize", both), CLIENT, "approval_prompt is auto"
    )
    without = build_authorization_request(scope="openid", registration="{}")
    assert_refused(
        browser.get("/oauth/authorize", without), CLIENT, "signed request object"
    )


@pytest.mark.parametrize("fault", [{"scope": "fly"}, {"client_id": "nobody"}])
def test_an_invalid_request_is_refused_before_the_login(host, client, fault):
    answer = host.browser().get(
        "/oauth/authorize", build_authorization_request(**fault), expect_errors=True
    )
    assert "/login" not in (answer.location or "")
