"""FAPI 2.0 modules about what the PAR endpoint refuses."""

from __future__ import annotations

import pytest

from tests.oidf.fapi2_client import read_error
from tests.oidf.fapi2_variants import each_binding, each_request
from tests.oidf.jose import compute_challenge

pytestmark = pytest.mark.slow

OBJECTIONS = {"invalid_request", "invalid_request_object"}


@each_request
@pytest.mark.module("fapi2-security-profile-final-par-ensure-pkce-required")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_a_request_without_a_challenge_is_refused(fapi2_run):
    answer = fapi2_run.push(code_challenge=None, code_challenge_method=None)
    assert read_error(answer) == "invalid_request"


@each_request
@pytest.mark.module("fapi2-security-profile-final-par-plain-pkce-rejected")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize("method", ["plain", None])
def test_a_plain_challenge_is_refused(fapi2_run, method):
    challenge = compute_challenge("v" * 43)
    answer = fapi2_run.push(code_challenge=challenge, code_challenge_method=method)
    assert read_error(answer) == "invalid_request"


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param"
)
@pytest.mark.spec("RFC 9126", "2.1")
def test_a_request_uri_is_not_pushed(fapi2_run):
    for uri in (fapi2_run.push_uri(), "https://client.example/request"):
        refused = read_error(fapi2_run.push(more={"request_uri": uri}))
        assert refused in {*OBJECTIONS, "request_uri_not_supported"}


@each_binding
@pytest.mark.module("fapi2-security-profile-final-par-attempt-invalid-http-method")
@pytest.mark.spec("RFC 9126", "2.3")
def test_a_request_is_pushed_by_post_alone(fapi2_run):
    form = fapi2_run.build_request("client") | fapi2_run.build_assertion("client")
    cert = fapi2_run.certificate("client")
    answer = fapi2_run.http.put(fapi2_run.par_url, form, cert=cert)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_the_redirect_uri_of_the_registration_does_not_serve_a_request(fapi2_run):
    assert read_error(fapi2_run.push(redirect_uri=None)) in OBJECTIONS


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri"
)
@pytest.mark.spec("RFC 9126", "2.4")
def test_a_redirect_uri_that_is_not_registered_is_refused(fapi2_run):
    other = f"{fapi2_run.redirect_uri('client')}/other"
    assert read_error(fapi2_run.push(redirect_uri=other)) in OBJECTIONS


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-response-type-code-idtoken-fails"
)
@pytest.mark.module("fapi2-security-profile-final-ensure-response-type-token-fails")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize("response_type", ["code id_token", "token"])
def test_another_response_type_than_code_is_refused(fapi2_run, response_type):
    answer = fapi2_run.push(response_type=response_type)
    assert answer.status_code == 400
    assert read_error(answer) in {
        *("invalid_request", "unsupported_response_type", "unauthorized_client")
    }
