"""FAPI 2.0 modules about the pushed authorization request endpoint and request URIs."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from pyramid_oauth import clock
from tests.oidf.fapi2 import FIRST, SECOND
from tests.support.host import CHALLENGE, build_authorization_request
from tests.support.pushing import parse_error_page, submit_decision


@pytest.mark.module("fapi2-security-profile-final-par-ensure-pkce-required")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_par_ensure_pkce_required(fapi2):
    bare = {"code_challenge": None, "code_challenge_method": None}
    assert fapi2.read_push_error(**bare) == "invalid_request"


@pytest.mark.module("fapi2-security-profile-final-par-plain-pkce-rejected")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize("method", ["plain", None])
def test_par_plain_pkce_rejected(fapi2, method):
    changes = {"code_challenge": CHALLENGE, "code_challenge_method": method}
    assert fapi2.read_push_error(**changes) == "invalid_request"


@pytest.mark.module(
    "fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param"
)
@pytest.mark.spec("RFC 9126", "2.1")
def test_par_authorization_request_containing_request_uri_form_param(fapi2):
    uri = fapi2.push_and_read_uri()
    assert fapi2.read_push_error(request_uri=uri) == "invalid_request"
    assert fapi2.read_push_error(request_uri="https://client.example/x") == (
        "invalid_request"
    )


@pytest.mark.module("fapi2-security-profile-final-par-attempt-invalid-http-method")
@pytest.mark.spec("RFC 9126", "2.3")
def test_par_attempt_invalid_http_method(fapi2):
    form = {
        **build_authorization_request(client_id=FIRST.id),
        **fapi2.build_assertion(FIRST),
    }
    answer = fapi2.provider.browser().put("/oauth/par", form, expect_errors=True)
    assert answer.status_int == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.module("fapi2-security-profile-final-par-without-duplicate-parameters")
@pytest.mark.spec("RFC 9126", "4")
def test_par_without_duplicate_parameters(fapi2):
    assert fapi2.log_in()["access_token"]
    again = build_authorization_request(client_id=None, scope="openid read")
    answer = fapi2.open_request(fapi2.push_and_read_uri(), **again)
    assert "code" in fapi2.read_response(submit_decision(answer))


@pytest.mark.module("fapi2-security-profile-final-par-attempt-reuse-request_uri")
@pytest.mark.spec("RFC 9126", "7.3")
def test_par_attempt_reuse_request_uri(fapi2):
    uri = fapi2.push_and_read_uri()
    assert "code" in fapi2.read_response(submit_decision(fapi2.open_request(uri)))
    assert parse_error_page(fapi2.open_request(uri)) == "invalid_request_uri"


@pytest.mark.module(
    "fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(fapi2):
    uri, browser = fapi2.push_and_read_uri(), fapi2.provider.open_browser()
    first = fapi2.open_request(uri, browser=browser)
    assert "/login?" in first.location, "no code before the second visit"
    browser.get("/login?name=alice")
    second = submit_decision(fapi2.open_request(uri, browser=browser))
    assert "code" in fapi2.read_response(second)


@pytest.mark.module(
    "fapi2-security-profile-final-par-attempt-to-use-expired-request_uri"
)
@pytest.mark.spec("RFC 9126", "4")
def test_par_attempt_to_use_expired_request_uri(fapi2):
    with clock.frozen(datetime.now(UTC) - timedelta(hours=1)) as time:
        pushed = fapi2.push().json
        time.advance(pushed["expires_in"] + 1)
        refusal = fapi2.open_request(pushed["request_uri"])
    assert parse_error_page(refusal) == "invalid_request_uri"


@pytest.mark.module(
    "fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client"
)
@pytest.mark.spec("RFC 9126", "2.2")
def test_par_attempt_to_use_request_uri_for_different_client(fapi2):
    refusal = fapi2.open_request(fapi2.push_and_read_uri(FIRST), SECOND)
    assert parse_error_page(refusal) == "invalid_request_uri"


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_ensure_unsigned_authorization_request_without_using_par_fails(fapi2):
    query = build_authorization_request(client_id=FIRST.id, scope="openid")
    refusal = fapi2.read_response(fapi2.browser.get("/oauth/authorize", query))
    assert refusal["error"] == "invalid_request"


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_ensure_request_object_without_redirect_uri_fails(fapi2):
    assert fapi2.read_push_error(redirect_uri=None) == "invalid_request"


@pytest.mark.module(
    "fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri"
)
@pytest.mark.spec("RFC 9126", "2.4")
@pytest.mark.parametrize("added", ["/more", "?more=1", "#more"])
def test_plain_fapi_tolerate_unregistered_redirect_uri(fapi2, added):
    uri = f"{FIRST.redirect_uri}{added}"
    assert fapi2.read_push_error(redirect_uri=uri) == "invalid_request"


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-response-type-code-idtoken-fails"
)
@pytest.mark.module("fapi2-security-profile-final-ensure-response-type-token-fails")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize("response_type", ["code id_token", "token"])
def test_ensure_response_type_other_than_code_fails(fapi2, response_type):
    refusal = fapi2.read_push_error(response_type=response_type)
    assert refusal in {
        "invalid_request",
        "unsupported_response_type",
        "unauthorized_client",
    }


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object"
)
@pytest.mark.spec("RFC 9101", "5")
def test_ensure_different_state_and_nonce_inside_and_outside_request_object(fapi2):
    uri = fapi2.push_and_read_uri(state="pushed", nonce="pushed nonce")
    answer = submit_decision(
        fapi2.open_request(uri, state="other", nonce="other nonce")
    )
    members = fapi2.read_response(answer)
    assert members["state"] == "pushed"
    tokens = fapi2.redeem(members["code"]).json
    assert fapi2.verify_id_token(tokens)["nonce"] == "pushed nonce"


@pytest.mark.module(
    "fapi2-security-profile-final-state-only-outside-request-object-not-used"
)
@pytest.mark.spec("RFC 9101", "5")
def test_state_only_outside_request_object_not_used(fapi2):
    answer = submit_decision(
        fapi2.open_request(fapi2.push_and_read_uri(state=None), state="other")
    )
    members = fapi2.read_response(answer)
    assert "state" not in members
    assert "s_hash" not in fapi2.verify_id_token(fapi2.redeem(members["code"]).json)


@pytest.mark.spec("RFC 9126", "7.1")
def test_request_uris_codes_and_tokens_have_enough_entropy(fapi2):
    uri = fapi2.push_and_read_uri()
    members = fapi2.read_response(submit_decision(fapi2.open_request(uri)))
    token = fapi2.redeem(members["code"]).json["access_token"]
    for value in (uri, members["code"], token):
        assert measure_entropy(value) > 96, value


def measure_entropy(text):
    """Shannon entropy in bits, as the suite computes it."""
    counts = Counter(text).values()
    return -sum(n * math.log2(n / len(text)) for n in counts)
