"""The FAPI 2.0 plans as `conformance-config` configures them, at a running server.

Each test does over HTTP what modules do, with the clients, the keys and the steps of
the written files; the server is that of `conformance-fapi2.ini`.
"""

from __future__ import annotations

import pytest

from tests.oidf.fapi2_client import NOBODY, proof_key, read_error
from tests.oidf.fapi2_variants import each_binding, each_flow

pytestmark = pytest.mark.slow

CLIENTS = ("client", "client2")
UNPROVEN = {"invalid_client", "invalid_grant", "invalid_request"}


@each_flow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.module("fapi2-security-profile-final-happy-flow")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_both_clients_log_in_and_call_the_resource(fapi2_run, client):
    variant, is_second = fapi2_run.variant, client == "client2"
    nonce = "n" * 39 + "-._~" if is_second else "n" * 10
    changes = {"nonce": nonce if variant.is_openid else None}
    if is_second and variant.is_dpop:
        changes["dpop_jkt"] = proof_key(client).thumbprint()
    tokens = fapi2_run.log_in(client, state="s" * (128 if is_second else 10), **changes)
    assert fapi2_run.call(tokens["access_token"], client) == 200
    for accept in ("application/json;charset=UTF-8", "application/json, */*"):
        assert fapi2_run.call(tokens["access_token"], client, Accept=accept) == 200
    other = CLIENTS[not is_second]
    assert fapi2_run.call(tokens["access_token"], other) == 401
    assert fapi2_run.call(tokens["access_token"], NOBODY, proof={}) == 401
    if variant.is_openid:
        assert fapi2_run.verify_id_token(tokens, client)["nonce"] == nonce


@each_flow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.module("fapi2-security-profile-final-user-rejects-authentication")
@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_the_steps_of_the_denial_end_in_access_denied(fapi2_run, client):
    module = "user-rejects-authentication"
    members = fapi2_run.authorize(client, module, state="s" * 128)
    assert members["error"] == "access_denied"


@each_flow
@pytest.mark.module("fapi2-security-profile-final-par-attempt-reuse-request_uri")
@pytest.mark.spec("RFC 9126", "7.3")
def test_the_steps_of_a_used_request_uri_log_in_then_see_the_error_page(fapi2_run):
    uri, module = fapi2_run.push_uri(state="once"), "par-attempt-reuse-request_uri"
    fapi2_run.open(uri, module=module)
    assert "code" in fapi2_run.read_response(state="once")
    page = fapi2_run.open(uri, module=module)
    assert page.soup.find(id="oauth-error-code").string == "invalid_request_uri"
    assert len(fapi2_run.browser.screenshots) == 1


@each_flow
@pytest.mark.module(
    "fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_the_steps_of_two_visits_log_in_at_the_second(fapi2_run):
    module = "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds"
    uri = fapi2_run.push_uri(state="twice")
    page = fapi2_run.open(uri, module=module)
    assert "/login" in page.url
    fapi2_run.open(uri, module=module)
    assert "code" in fapi2_run.read_response(state="twice")


@each_flow
@pytest.mark.module(
    "fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client"
)
@pytest.mark.spec("RFC 9126", "2.2")
def test_the_steps_of_another_client_see_the_error_page(fapi2_run):
    module = "par-attempt-to-use-request_uri-for-different-client"
    page = fapi2_run.open(fapi2_run.push_uri("client"), "client2", module)
    assert page.soup.find(id="oauth-error-code").string == "invalid_request_uri"


@each_flow
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_a_request_that_was_not_pushed_is_answered_by_an_error(fapi2_run):
    parameters = fapi2_run.build_request("client", state="direct")
    module = "ensure-unsigned-authorization-request-without-using-par-fails"
    fapi2_run.open(None, "client", module, **parameters)
    assert fapi2_run.read_response(state="direct")["error"] == "invalid_request"


@each_flow
@pytest.mark.module("fapi2-security-profile-final-refresh-token")
@pytest.mark.spec("RFC 6749", "6")
def test_the_second_client_refreshes_and_the_first_may_not(fapi2_run):
    tokens = fapi2_run.log_in("client2")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    url = fapi2_run.token_url
    assert read_error(fapi2_run.post(url, form, "client")) == "invalid_grant"
    assert read_error(fapi2_run.post(url, form, "client2", assertion={})) in UNPROVEN
    refused = read_error(fapi2_run.post_unbound(url, form, "client2"))
    assert refused in name_refusals(fapi2_run.variant)
    renewed = fapi2_run.read_tokens(fapi2_run.post(url, form, "client2"))
    assert renewed.get("refresh_token") in (None, tokens["refresh_token"])
    assert fapi2_run.call(renewed["access_token"], "client2") == 200
    if fapi2_run.variant.is_openid:
        both = [
            fapi2_run.verify_id_token(each, "client2") for each in (tokens, renewed)
        ]
        for name in ("iss", "sub", "aud", "auth_time", "azp"):
            assert both[0].get(name) == both[1].get(name), name


@each_binding
@pytest.mark.module("fapi2-security-profile-final-refresh-token")
@pytest.mark.spec("OpenID Connect Core", "12.2")
def test_the_first_client_refreshes_with_its_scope_twice(fapi2_run):
    tokens = fapi2_run.log_in()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "scope": fapi2_run.configuration["client"]["scope"],
    }
    # By the key of each refresh, which may be another one (RFC 9449 section 5).
    keys = CLIENTS if fapi2_run.variant.is_dpop else ("client", "client")
    url = fapi2_run.token_url
    for key in keys:
        is_dpop = fapi2_run.variant.is_dpop
        proof = fapi2_run.build_proof(key, "POST", url) if is_dpop else {}
        answer = fapi2_run.post(url, form, "client", headers=proof)
        renewed = fapi2_run.read_tokens(answer)
        assert fapi2_run.call(renewed["access_token"], key) == 200


@each_flow
@pytest.mark.module("fapi2-security-profile-final-ensure-holder-of-key-required")
@pytest.mark.spec("RFC 9449", "5.2")
def test_a_code_is_not_redeemed_without_a_proof_or_certificate(fapi2_run):
    form = fapi2_run.build_exchange(fapi2_run.authorize()["code"])
    refused = read_error(fapi2_run.post_unbound(fapi2_run.token_url, form, "client"))
    assert refused in name_refusals(fapi2_run.variant)
    code = fapi2_run.authorize()["code"]
    assert fapi2_run.redeem(code).status_code == 200


def name_refusals(variant):
    """What a token request may be refused by that lacks the proof or certificate."""
    if variant.is_dpop:
        return {"invalid_request", "invalid_grant"}
    if variant.authenticates_by_certificate:
        return {"invalid_client", "invalid_request"}
    return {"invalid_client", "invalid_request", "invalid_grant"}
