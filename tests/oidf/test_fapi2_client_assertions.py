"""FAPI 2.0 modules about client assertions (private_key_jwt)."""

from __future__ import annotations

import pytest

from pyramid_oauth import clock
from tests.oidf.fapi2 import FIRST, SECOND, read_error
from tests.support.provider import ISSUER

REFUSALS = {"invalid_client", "invalid_request"}


def push_with(fapi2, **changes):
    """Push with an assertion that has other claims; the answer."""
    return fapi2.push(assertion=fapi2.build_assertion(FIRST, **changes))


def redeem_with(fapi2, assertion):
    """Redeem a code with another assertion, or with none; the answer."""
    form = {
        "grant_type": "authorization_code",
        "code": fapi2.authorize()["code"],
        "redirect_uri": FIRST.redirect_uri,
        **assertion,
    }
    return fapi2.provider.browser().post("/oauth/token", form, expect_errors=True)


@pytest.mark.module("fapi2-security-profile-final-par-test-array-as-audience-fails")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_par_test_array_as_audience_fails(fapi2):
    audience = [ISSUER, "https://other.example"]
    assert read_error(push_with(fapi2, aud=audience)) in REFUSALS


@pytest.mark.module(
    "fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
@pytest.mark.parametrize("endpoint", ["par", "token"])
def test_par_test_endpoint_url_as_audience_fails(fapi2, endpoint):
    assert read_error(push_with(fapi2, aud=f"{ISSUER}/{endpoint}")) in REFUSALS


@pytest.mark.module(
    "fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_par_ensure_nbf_8_seconds_in_the_future_is_accepted(fapi2):
    later = clock.timestamp() + 8
    assert push_with(fapi2, nbf=later, iat=later).status_int == 201


@pytest.mark.module(
    "fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_par_ensure_nbf_over_60_seconds_in_the_future_fails(fapi2):
    later = clock.timestamp() + 62
    refusal = push_with(fapi2, nbf=later, iat=later, exp=later + 60)
    assert read_error(refusal) in REFUSALS


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.1")
def test_ensure_signed_client_assertion_with_rs256_fails(fapi2):
    signed = fapi2.build_assertion(FIRST, "RS256")
    assert read_error(redeem_with(fapi2, signed)) == "invalid_client"


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_ensure_client_assertion_in_token_endpoint(fapi2):
    assert read_error(redeem_with(fapi2, {})) in REFUSALS
    assert read_error(redeem_with(fapi2, {"client_id": FIRST.id})) in REFUSALS


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails"
)
@pytest.mark.spec("RFC 7523", "3")
def test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(fapi2):
    past = fapi2.build_assertion(FIRST, exp=clock.timestamp() - 300)
    assert read_error(redeem_with(fapi2, past)) in REFUSALS


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails"
)
@pytest.mark.spec("RFC 7523", "3")
def test_ensure_client_assertion_with_wrong_aud_fails(fapi2):
    wrong = fapi2.build_assertion(FIRST, aud="https://other.example/token")
    assert read_error(redeem_with(fapi2, wrong)) in REFUSALS


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails"
)
@pytest.mark.spec("RFC 7523", "3")
def test_ensure_client_assertion_with_no_sub_fails(fapi2):
    nameless = fapi2.build_assertion(FIRST, sub=None)
    assert read_error(redeem_with(fapi2, nameless)) in REFUSALS


@pytest.mark.module("fapi2-security-profile-final-ensure-client-id-in-token-endpoint")
@pytest.mark.spec("RFC 7521", "4.2")
def test_ensure_client_id_in_token_endpoint(fapi2):
    """The second client's id, with the first client's assertion or only its key."""
    both = {**fapi2.build_assertion(FIRST), "client_id": SECOND.id}
    assert read_error(redeem_with(fapi2, both)) in {"invalid_client", "invalid_grant"}
    signed = fapi2.build_assertion(FIRST, iss=SECOND.id, sub=SECOND.id)
    assert read_error(redeem_with(fapi2, signed)) in {"invalid_client", "invalid_grant"}
