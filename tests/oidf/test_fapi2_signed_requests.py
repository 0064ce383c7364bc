"""Message Signing modules about signed requests, at the FAPI 2.0 server."""

from __future__ import annotations

import time

import pytest

from tests.oidf.fapi2_client import read_error, remove_signature, replace_signature
from tests.oidf.fapi2_variants import each_signature

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("FAPI 2.0 Message Signing", "5.3.1"),
]


def push_request(run, token):
    return run.post(run.par_url, {"request": token}, "client", headers={})


def build_object(run, header=None, **changes):
    return run.build_request_object(
        "client", run.build_request("client"), header, **changes
    )


def read_refusal(run, **changes):
    """The error code of a request object with other claims."""
    return read_error(push_request(run, build_object(run, **changes)))


@each_signature
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-without-exp-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-without-nbf-fails"
)
@pytest.mark.module("fapi2-security-profile-final-ensure-expired-request-object-fails")
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-with-exp-over-60-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-with-nbf-over-60-fails"
)
def test_a_request_object_lives_for_an_hour_at_most(fapi2_run):
    now = int(time.time())
    for changes in (
        {"exp": None},
        {"nbf": None},
        {"exp": now - 3600},
        {"nbf": now - 3900, "exp": now - 3600},
        {"exp": now + 4200},
        {"nbf": now - 4200},
        {"nbf": now - 4200, "exp": now - 600},
    ):
        assert read_refusal(fapi2_run, **changes) == "invalid_request_object", changes


@each_signature
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-with-bad-aud-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-par-authorization-request-containing-request_uri"
)
def test_a_request_object_with_a_wrong_claim_is_refused(fapi2_run):
    for changes in (
        {"aud": "https://other.example"},
        {"request_uri": "https://client.example/request"},
        {"request_uri": fapi2_run.push_uri()},
    ):
        assert read_refusal(fapi2_run, **changes) == "invalid_request_object", changes


@each_signature
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-signed-request-object-with-RS256-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-signature-algorithm-is-not-none"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-with-invalid-signature-fails"
)
def test_a_request_object_has_a_good_signature_of_an_allowed_algorithm(fapi2_run):
    for token in (
        build_object(fapi2_run, header={"alg": "RS256"}),
        remove_signature(build_object(fapi2_run)),
        replace_signature(build_object(fapi2_run)),
    ):
        refused = read_error(push_request(fapi2_run, token))
        assert refused == "invalid_request_object", token


@each_signature
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-with-multiple-aud-succeeds"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted"
)
def test_several_audiences_and_a_clock_ahead_are_accepted(fapi2_run):
    audiences = [fapi2_run.issuer, "https://other.example", "invalid"]
    ahead = int(time.time()) + 8
    for changes in ({"aud": audiences}, {"nbf": ahead}, {"nbf": ahead, "iat": ahead}):
        answer = push_request(fapi2_run, build_object(fapi2_run, **changes))
        assert answer.status_code == 201, changes


@each_signature
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-matching-key-in-authorization-request"
)
def test_the_key_of_another_client_is_refused(fapi2_run):
    request, issuer = fapi2_run.build_request("client"), fapi2_run.id("client")
    token = fapi2_run.build_request_object("client2", request, iss=issuer)
    refused = read_error(push_request(fapi2_run, token))
    assert refused in {"invalid_request_object", "invalid_request"}


@each_signature
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-unsigned-request-at-par-endpoint-fails"
)
def test_unsigned_parameters_of_a_client_that_must_sign_are_refused(fapi2_run):
    form = fapi2_run.build_request("client")
    answer = fapi2_run.post(fapi2_run.par_url, form, "client", headers={})
    assert read_error(answer) == "invalid_request"
