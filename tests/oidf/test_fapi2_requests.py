"""FAPI 2.0 modules about the parameters of a request, and what comes back of them."""

from __future__ import annotations

import json

import pytest

from tests.oidf.fapi2_variants import each_binding, each_request

pytestmark = pytest.mark.slow


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-without-state-success"
)
@pytest.mark.spec("RFC 6749", "4.1.2")
def test_no_state_comes_back_if_none_was_sent(fapi2_run):
    assert "state" not in fapi2_run.authorize(state=None)


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-without-nonce-success"
)
@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_an_id_token_has_no_nonce_if_none_was_sent(fapi2_run):
    tokens = fapi2_run.log_in(nonce=None)
    assert "nonce" not in fapi2_run.verify_id_token(tokens)


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-with-long-nonce"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize("length", [64, 384])
def test_a_long_nonce_stands_in_the_id_token(fapi2_run, length):
    tokens = fapi2_run.log_in(nonce="n" * length)
    assert fapi2_run.verify_id_token(tokens)["nonce"] == "n" * length


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-with-long-state"
)
@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_long_state_comes_back(fapi2_run):
    assert "code" in fapi2_run.authorize(state="s" * 1000)


@each_request
@pytest.mark.module("fapi2-security-profile-final-ensure-other-scope-order-succeeds")
@pytest.mark.spec("RFC 6749", "3.3")
def test_scopes_may_stand_in_another_order(fapi2_run):
    scopes = fapi2_run.configuration["client"]["scope"].split()
    tokens = fapi2_run.log_in(scope=" ".join(reversed(scopes)))
    assert fapi2_run.call(tokens["access_token"]) == 200


@each_request
@pytest.mark.module("fapi2-security-profile-final-par-without-duplicate-parameters")
@pytest.mark.spec("RFC 9126", "4")
@pytest.mark.parametrize("client", ["client", "client2"])
def test_nothing_need_stand_beside_the_request_uri(fapi2_run, client):
    assert "code" in fapi2_run.authorize(client, outside={})


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object"
)
@pytest.mark.spec("RFC 9101", "5")
def test_another_state_and_nonce_in_the_url_are_ignored(fapi2_run):
    other = {"state": "other", "nonce": "other"}
    outside = fapi2_run.repeat_parameters("client") | other
    tokens = fapi2_run.log_in(nonce="pushed nonce", state="pushed", outside=outside)
    assert fapi2_run.verify_id_token(tokens)["nonce"] == "pushed nonce"


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-state-only-outside-request-object-not-used"
)
@pytest.mark.spec("RFC 9101", "5")
def test_a_state_in_the_url_alone_is_ignored(fapi2_run):
    outside = fapi2_run.repeat_parameters("client") | {"state": "other"}
    tokens = fapi2_run.log_in(state=None, outside=outside)
    assert "s_hash" not in fapi2_run.verify_id_token(tokens)


@each_request
@pytest.mark.module(
    "fapi2-security-profile-final-test-claims-parameter-identity-claims"
)
@pytest.mark.spec("OpenID Connect Core", "5.5")
def test_each_supported_claim_comes_if_it_is_asked_for(fapi2_run):
    # These clients take no part in logouts.
    supported = set(fapi2_run.metadata["claims_supported"]) - {"sid"}
    wanted = dict.fromkeys((*supported, "unknown_claim"))
    claims = {"id_token": wanted, "userinfo": wanted, "unknown_member": {"a": None}}
    tokens = fapi2_run.log_in(claims=json.dumps(claims))
    in_token = fapi2_run.verify_id_token(tokens, asks_for_claims=True)
    at_userinfo = fapi2_run.fetch_userinfo(tokens["access_token"])
    assert supported <= in_token.keys() | at_userinfo.keys()
    assert in_token.keys() <= supported | {"at_hash", "nonce"}
    assert at_userinfo.keys() <= supported


@each_binding
@pytest.mark.module(
    "fapi2-security-profile-final-access-token-type-header-case-sensitivity"
)
@pytest.mark.spec("RFC 9110", "11.1")
def test_the_scheme_may_be_in_any_case(fapi2_run):
    token = fapi2_run.log_in()["access_token"]
    scheme = "dPOp" if fapi2_run.variant.is_dpop else "bEARER"
    assert fapi2_run.call(token, scheme=scheme) == 200
    in_query = fapi2_run.http.get(fapi2_run.resource, params={"access_token": token})
    assert in_query.status_code in (400, 401)
