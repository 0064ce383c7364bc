"""FAPI 2.0 modules about authorization codes, their verifiers and their age."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest

from tests.oidf.fapi2_client import read_error
from tests.oidf.fapi2_suite import FapiSuite
from tests.oidf.fapi2_variants import SECURITY_PROFILE, each_binding
from tests.oidf.suite import ALIAS

pytestmark = pytest.mark.slow

EXPIRED_PAGE = "par-attempt-to-use-expired-request_uri"
# The suite waits so long before it redeems a code.
CODE_SECONDS = 62


@each_binding
@pytest.mark.module("fapi2-security-profile-final-ensure-pkce-code-verifier-required")
@pytest.mark.module(
    "fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected"
)
@pytest.mark.spec("RFC 7636", "4.6")
@pytest.mark.parametrize("verifier", [None, "v" * 43], ids=["missing", "wrong"])
def test_a_code_is_not_redeemed_without_its_verifier(fapi2_run, verifier):
    code = fapi2_run.authorize()["code"]
    refused = fapi2_run.redeem(code, code_verifier=verifier)
    assert read_error(refused) == "invalid_grant"


@each_binding
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client"
)
@pytest.mark.spec("RFC 6749", "4.1.3")
def test_a_code_of_another_client_is_refused(fapi2_run):
    code = fapi2_run.authorize()["code"]
    uri = fapi2_run.redirect_uri("client")
    stolen = fapi2_run.redeem(code, "client2", redirect_uri=uri)
    assert read_error(stolen) == "invalid_grant"


@each_binding
@pytest.mark.module(
    "fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second"
)
@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_used_code_is_refused_and_its_token_dies(fapi2_run):
    code = fapi2_run.authorize()["code"]
    token = fapi2_run.read_tokens(fapi2_run.redeem(code))["access_token"]
    time.sleep(1)
    assert read_error(fapi2_run.redeem(code)) == "invalid_grant"
    assert fapi2_run.call(token) == 401


@dataclass
class Aged:
    """What is too old: a code and a request URI, with the run that got them."""

    run: Any
    code: str
    request_uri: str


@pytest.fixture(scope="session")
def aged(fapi2_files, ca_file, listener, tmp_path_factory):
    """A code and a request URI of each variant, which all grew old together."""
    callbacks = f"{listener.origin}/test/a/{ALIAS}/"
    found, wait = {}, CODE_SECONDS
    for variant in SECURITY_PROFILE:
        folder, content = tmp_path_factory.mktemp("aged"), fapi2_files[variant.file]
        run = FapiSuite(variant, content, ca_file, callbacks, folder)
        pushed = run.push().json()
        wait = max(wait, pushed["expires_in"] + 1)
        found[variant] = Aged(run, run.authorize()["code"], pushed["request_uri"])
    time.sleep(wait)
    return found


@each_binding
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_an_expired_code_is_refused(aged, variant):
    assert read_error(aged[variant].run.redeem(aged[variant].code)) == "invalid_grant"


@each_binding
@pytest.mark.module(
    "fapi2-security-profile-final-par-attempt-to-use-expired-request_uri"
)
@pytest.mark.spec("RFC 9126", "4")
def test_the_steps_of_an_expired_request_uri_see_the_error_page(aged, variant):
    run = aged[variant].run
    outside = run.repeat_parameters("client")
    page = run.open(aged[variant].request_uri, "client", EXPIRED_PAGE, **outside)
    assert page.soup.find(id="oauth-error-code").string == "invalid_request_uri"
