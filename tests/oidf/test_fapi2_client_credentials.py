"""FAPI 2.0 modules of the profile for clients alone (client credentials)."""

from __future__ import annotations

import pytest

from tests.oidf.fapi2_client import NOBODY, read_error
from tests.oidf.fapi2_variants import Variant, run_with

pytestmark = [pytest.mark.slow, pytest.mark.spec("RFC 6749", "4.4")]

REFUSED = {"invalid_request", "invalid_grant", "invalid_client"}
each_alone = run_with(
    Variant("fapi2-private_key_jwt-dpop-plain_oauth"),
    Variant("fapi2-private_key_jwt-mtls-plain_oauth"),
    Variant("fapi2-mtls-dpop-plain_oauth"),
    Variant("fapi2-mtls-mtls-plain_oauth"),
)
FORM = {"grant_type": "client_credentials", "scope": "read write"}


def request_token(run, client="client", **options):
    return run.post(run.token_url, FORM, client, **options)


@each_alone
@pytest.mark.module("fapi2-security-profile-final-happy-flow")
@pytest.mark.module(
    "fapi2-security-profile-final-access-token-type-header-case-sensitivity"
)
def test_client_credentials_give_a_bound_token(fapi2_run):
    tokens = fapi2_run.read_tokens(request_token(fapi2_run))
    assert "refresh_token" not in tokens
    token, is_dpop = tokens["access_token"], fapi2_run.variant.is_dpop
    assert fapi2_run.call(token, scheme="dPOp" if is_dpop else "bEARER") == 200
    assert fapi2_run.call(token, "client2") == 401
    assert fapi2_run.call(token, NOBODY, proof={}) == 401


@each_alone
@pytest.mark.module("fapi2-security-profile-final-ensure-holder-of-key-required")
@pytest.mark.module("fapi2-security-profile-final-ensure-client-id-in-token-endpoint")
def test_client_credentials_need_the_key_of_the_client(fapi2_run):
    unbound = fapi2_run.post_unbound(fapi2_run.token_url, FORM, "client")
    assert read_error(unbound) in REFUSED
    wrong = fapi2_run.build_assertion("client2", signer="client")
    refused = request_token(fapi2_run, assertion=wrong, holder="client")
    assert read_error(refused) in {"invalid_client", "invalid_grant"}
