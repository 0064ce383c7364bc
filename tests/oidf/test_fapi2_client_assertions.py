"""FAPI 2.0 modules about client assertions (private_key_jwt)."""

from __future__ import annotations

import time

import pytest

from tests.oidf.fapi2_client import read_error
from tests.oidf.fapi2_variants import each_assertion, each_flow

pytestmark = pytest.mark.slow

REFUSALS = {"invalid_client", "invalid_request"}
FOREIGN = {"invalid_client", "invalid_grant"}


def push_with(run, **changes):
    """Push with an assertion that has other claims; the answer."""
    return run.push(assertion=run.build_assertion("client", **changes))


def redeem_with(run, assertion):
    """Redeem a code with another assertion, or with none; the answer."""
    return run.redeem(run.authorize()["code"], assertion=assertion)


@each_assertion
@pytest.mark.module("fapi2-security-profile-final-par-test-array-as-audience-fails")
@pytest.mark.module(
    "fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_the_audience_is_the_issuer_alone(fapi2_run):
    metadata = fapi2_run.metadata
    for audience in (
        [fapi2_run.issuer, "https://other.example"],
        [fapi2_run.issuer],
        metadata["pushed_authorization_request_endpoint"],
        metadata["token_endpoint"],
        fapi2_run.token_url,
    ):
        assert read_error(push_with(fapi2_run, aud=audience)) in REFUSALS, audience


@each_assertion
@pytest.mark.module(
    "fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted"
)
@pytest.mark.module(
    "fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_a_clock_may_be_seconds_ahead_but_not_a_minute(fapi2_run):
    def push_ahead(seconds):
        moment = int(time.time()) + seconds
        return push_with(fapi2_run, iat=moment, nbf=moment, exp=moment + 60)

    assert push_ahead(8).status_code == 201
    assert read_error(push_ahead(62)) in REFUSALS


@each_assertion
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.1")
def test_an_assertion_by_rs256_is_refused(fapi2_run):
    signed = fapi2_run.build_assertion("client", header={"alg": "RS256"})
    assert read_error(redeem_with(fapi2_run, signed)) == "invalid_client"


@each_assertion
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_a_token_request_needs_an_assertion(fapi2_run):
    for assertion in ({}, {"client_id": fapi2_run.id("client")}):
        assert read_error(redeem_with(fapi2_run, assertion)) in REFUSALS


@each_assertion
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails"
)
@pytest.mark.spec("RFC 7523", "3")
def test_an_assertion_with_a_wrong_claim_is_refused(fapi2_run):
    for changes in (
        {"exp": int(time.time()) - 300},
        {"aud": "https://other.example/token"},
        {"sub": None},
    ):
        wrong = fapi2_run.build_assertion("client", **changes)
        assert read_error(redeem_with(fapi2_run, wrong)) in REFUSALS, changes


@each_flow
@pytest.mark.module("fapi2-security-profile-final-ensure-client-id-in-token-endpoint")
@pytest.mark.spec("RFC 7521", "4.2")
def test_the_other_client_with_the_key_of_this_one_gets_no_token(fapi2_run):
    code = fapi2_run.authorize()["code"]
    wrong = fapi2_run.build_assertion("client2", signer="client")
    refused = fapi2_run.redeem(code, assertion=wrong, holder="client")
    assert read_error(refused) in FOREIGN


@each_assertion
@pytest.mark.module("fapi2-security-profile-final-ensure-client-id-in-token-endpoint")
@pytest.mark.spec("RFC 7521", "4.2")
def test_another_client_id_beside_the_assertion_is_refused(fapi2_run):
    both = fapi2_run.build_assertion("client") | {"client_id": fapi2_run.id("client2")}
    assert read_error(redeem_with(fapi2_run, both)) in FOREIGN
