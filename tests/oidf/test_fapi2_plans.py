"""The FAPI 2.0 plans as `conformance-config` configures them, at a running server.

Each test does over HTTP what modules do, with the clients, the keys and the steps of
the written files; the server is that of `conformance-fapi2.ini`.
"""

from __future__ import annotations

import time

import pytest

from tests.oidf.fapi2_suite import (
    NOBODY,
    FapiSuite,
    Variant,
    hash_token,
    proof_key,
    read_error,
)
from tests.oidf.suite import ALIAS

pytestmark = pytest.mark.slow

DPOP_OPENID = Variant("fapi2-private_key_jwt-dpop-openid_connect")
DPOP_PLAIN = Variant("fapi2-private_key_jwt-dpop-plain_oauth")
SIGNED = Variant("fapi2-signing-private_key_jwt-dpop-openid_connect")
VARIANTS = (
    DPOP_OPENID,
    DPOP_PLAIN,
    Variant(DPOP_OPENID.file, is_jarm=True),
    SIGNED,
    Variant(SIGNED.file, is_jarm=True),
    Variant("fapi2-signing-private_key_jwt-dpop-plain_oauth", is_jarm=True),
    Variant("fapi2-private_key_jwt-mtls-openid_connect"),
    Variant("fapi2-mtls-mtls-plain_oauth"),
    Variant("fapi2-signing-mtls-mtls-openid_connect", is_jarm=True),
)
CLIENTS = ("client", "client2")
REFUSED = {"invalid_grant", "invalid_request", "invalid_dpop_proof"}
UNPROVEN = {*REFUSED, "invalid_client"}
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=str)
dpop_only = pytest.mark.parametrize("variant", [DPOP_PLAIN], ids=str)


@pytest.fixture
def fapi2_run(variant, fapi2_files, ca_file, listener, tmp_path):
    """A fresh browser, and the keys of the clients."""
    callbacks = f"{listener.origin}/test/a/{ALIAS}/"
    content = fapi2_files[variant.file]
    return FapiSuite(variant, content, ca_file, callbacks, tmp_path)


@each_variant
@pytest.mark.module("fapi2-security-profile-final-discovery-end-point-verification")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_the_metadata_is_what_the_plan_wants(fapi2_run):
    found, algorithms = fapi2_run.metadata, {"PS256", "ES256", "EdDSA", "Ed25519"}
    names = ["token_endpoint_auth_", "dpop_"]
    methods = {"private_key_jwt", "tls_client_auth"}
    assert methods <= set(found["token_endpoint_auth_methods_supported"])
    assert found["tls_client_certificate_bound_access_tokens"] is True
    assert all(name in found for name in found["mtls_endpoint_aliases"])
    assert "authorization_endpoint" not in found["mtls_endpoint_aliases"]
    if fapi2_run.variant.is_openid:
        names += ["id_token_"]
        assert "openid" in found["scopes_supported"]
        assert found["subject_types_supported"]
    if fapi2_run.variant.is_signed:
        names += ["request_object_"]
    if fapi2_run.variant.is_jarm:
        assert "jwt" in found["response_modes_supported"]
        names += ["authorization_"]
    for name in names:
        assert algorithms & set(found[f"{name}signing_alg_values_supported"]), name
    assert found["require_pushed_authorization_requests"] is True
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["code_challenge_methods_supported"] == ["S256"]
    grants = {"authorization_code", "refresh_token", "client_credentials"}
    assert grants <= set(found["grant_types_supported"])


@each_variant
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.module("fapi2-security-profile-final-happy-flow")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_both_clients_log_in_and_call_the_resource(fapi2_run, client):
    is_second = client == "client2"
    nonce = "n" * 39 + "-._~" if is_second else "n" * 10
    changes = {"nonce": nonce if fapi2_run.variant.is_openid else None}
    tokens = fapi2_run.log_in(client, state="s" * (128 if is_second else 10), **changes)
    assert 1 <= tokens["expires_in"] <= 31_536_000
    assert fapi2_run.call(tokens["access_token"], client) == 200
    other = CLIENTS[not is_second]
    assert fapi2_run.call(tokens["access_token"], other) == 401
    assert fapi2_run.call(tokens["access_token"], NOBODY, proof={}) == 401
    if fapi2_run.variant.is_openid:
        claims = fapi2_run.verify(tokens["id_token"])
        assert (claims["nonce"], claims["aud"]) == (nonce, fapi2_run.id(client))


@each_variant
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.module("fapi2-security-profile-final-user-rejects-authentication")
@pytest.mark.spec("RFC 6749", "4.1.2.1")
def test_the_steps_of_the_denial_end_in_access_denied(fapi2_run, client):
    module = "user-rejects-authentication"
    members = fapi2_run.authorize(client, module, state="s" * 128)
    assert members["error"] == "access_denied"


@each_variant
@pytest.mark.module("fapi2-security-profile-final-par-attempt-reuse-request_uri")
@pytest.mark.spec("RFC 9126", "7.3")
def test_the_steps_of_a_used_request_uri_log_in_then_see_the_error_page(fapi2_run):
    uri, module = fapi2_run.push_uri(state="once"), "par-attempt-reuse-request_uri"
    fapi2_run.open(uri, module=module)
    assert "code" in fapi2_run.read_response(state="once")
    page = fapi2_run.open(uri, module=module)
    assert page.soup.find(id="oauth-error-code").string == "invalid_request_uri"
    assert len(fapi2_run.browser.screenshots) == 1


@each_variant
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


@each_variant
@pytest.mark.module(
    "fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client"
)
@pytest.mark.spec("RFC 9126", "2.2")
def test_the_steps_of_another_client_see_the_error_page(fapi2_run):
    module = "par-attempt-to-use-request_uri-for-different-client"
    page = fapi2_run.open(fapi2_run.push_uri("client"), "client2", module)
    assert page.soup.find(id="oauth-error-code").string == "invalid_request_uri"


@each_variant
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_a_request_that_was_not_pushed_is_answered_by_an_error(fapi2_run):
    parameters = fapi2_run.build_request("client", state="direct")
    module = "ensure-unsigned-authorization-request-without-using-par-fails"
    fapi2_run.open(None, "client", module, **parameters)
    assert fapi2_run.read_response(state="direct")["error"] == "invalid_request"


@each_variant
@pytest.mark.module("fapi2-security-profile-final-refresh-token")
@pytest.mark.spec("RFC 6749", "6")
def test_the_second_client_refreshes_and_the_first_may_not(fapi2_run):
    tokens = fapi2_run.log_in("client2")
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    url = fapi2_run.token_url
    assert read_error(fapi2_run.post(url, form, "client")) == "invalid_grant"
    proof = fapi2_run.build_proof("client2", "POST", url)
    assert read_error(fapi2_run.http.post(url, form, headers=proof)) in UNPROVEN
    refused = fapi2_run.post(url, form, "client2", headers={}, holder=NOBODY)
    assert read_error(refused) in UNPROVEN
    renewed = fapi2_run.post(url, form, "client2").json()
    assert renewed["token_type"] == tokens["token_type"]
    assert renewed.get("refresh_token") in (None, tokens["refresh_token"])
    assert fapi2_run.call(renewed["access_token"], "client2") == 200
    if fapi2_run.variant.is_openid:
        both = [fapi2_run.verify(each["id_token"]) for each in (tokens, renewed)]
        for name in ("iss", "sub", "aud", "auth_time", "azp"):
            assert both[0].get(name) == both[1].get(name), name


@each_variant
@pytest.mark.module("fapi2-security-profile-final-ensure-holder-of-key-required")
@pytest.mark.spec("RFC 9449", "5.2")
def test_a_code_is_not_redeemed_without_a_proof_or_certificate(fapi2_run):
    code = fapi2_run.authorize()["code"]
    refused = read_error(fapi2_run.redeem(code, headers={}, holder=NOBODY))
    assert refused in UNPROVEN
    code = fapi2_run.authorize()["code"]
    assert fapi2_run.redeem(code).status_code == 200


@each_variant
@pytest.mark.module("fapi2-security-profile-final-ensure-client-id-in-token-endpoint")
@pytest.mark.spec("RFC 7521", "4.2")
def test_the_other_client_with_the_key_of_this_one_gets_no_token(fapi2_run):
    code = fapi2_run.authorize()["code"]
    wrong = fapi2_run.build_assertion("client2", signer="client")
    refused = fapi2_run.redeem(code, assertion=wrong, holder="client")
    assert read_error(refused) in {"invalid_client", "invalid_grant"}


@dpop_only
@pytest.mark.module("fapi2-security-profile-final-happy-flow")
@pytest.mark.spec("RFC 6749", "4.4")
def test_client_credentials_give_a_bound_token(fapi2_run):
    form = {"grant_type": "client_credentials", "scope": "read write"}
    answer = fapi2_run.post(fapi2_run.token_url, form, "client").json()
    assert answer["token_type"] == "DPoP"
    assert "refresh_token" not in answer
    assert fapi2_run.call(answer["access_token"]) == 200
    refused = fapi2_run.post(fapi2_run.token_url, form, "client", headers={})
    assert read_error(refused) in REFUSED


@dpop_only
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds"
)
@pytest.mark.module("fapi2-security-profile-final-check-dpop-proof-nbf-exp")
@pytest.mark.spec("RFC 9449", "11.1")
@pytest.mark.parametrize("offset", [-10, 8])
def test_proofs_of_a_slow_and_a_fast_clock_are_accepted_everywhere(fapi2_run, offset):
    def proof(method, url, token=None):
        moment = int(time.time()) + offset
        times = {"iat": moment, "nbf": moment, "exp": moment + 60}
        return fapi2_run.build_proof("client", method, url, token, **times)

    pushed = proof("POST", fapi2_run.par_url)
    code = fapi2_run.authorize(headers=pushed)["code"]
    answer = fapi2_run.redeem(code, headers=proof("POST", fapi2_run.token_url))
    token = answer.json()["access_token"]
    assert fapi2_run.call(token, proof=proof("GET", fapi2_run.resource, token)) == 200


@dpop_only
@pytest.mark.module("fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails")
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-dpop-auth-code-binding-success"
)
@pytest.mark.spec("RFC 9449", "10")
def test_dpop_jkt_and_the_key_of_a_proof_must_agree(fapi2_run):
    own, other = (proof_key(name).thumbprint() for name in CLIENTS)
    proof = fapi2_run.build_proof("client", "POST", fapi2_run.par_url)
    refused = read_error(fapi2_run.push(headers=proof, dpop_jkt=other))
    assert refused in {"invalid_request", "invalid_dpop_proof"}
    code = fapi2_run.authorize(dpop_jkt=other)["code"]
    assert read_error(fapi2_run.redeem(code)) in REFUSED
    code = fapi2_run.authorize(dpop_jkt=own)["code"]
    assert fapi2_run.redeem(code).status_code == 200


@dpop_only
@pytest.mark.module("fapi2-security-profile-final-dpop-negative-tests")
@pytest.mark.spec("RFC 9449", "4.3")
def test_proofs_at_the_resource_are_accepted_and_refused_as_the_plan_says(fapi2_run):
    token = fapi2_run.log_in()["access_token"]
    url, now = fapi2_run.resource, int(time.time())

    def call(header=None, url=url, **changes):
        proof = fapi2_run.build_proof("client", "GET", url, token, header, **changes)
        return fapi2_run.call(token, proof=proof)

    for changes in ({"url": f"{url}?a=b"}, {"url": f"{url}#a"}, {"unknown": {"a": 1}}):
        assert call(**changes) == 200, changes
    assert call(header={"unknown": "x"}) == 200
    assert fapi2_run.call(token, scheme="dPOp") == 200
    for changes in (
        *({name: None} for name in ("jti", "htm", "htu", "iat", "ath")),
        *({"htm": "POST"}, {"htu": f"{url}/more"}, {"ath": hash_token("other")}),
        *({"iat": now - 3600}, {"iat": now + 3600}),
    ):
        assert call(**changes) in (400, 401), changes
    for header in ({"typ": None}, {"jwk": None}, {"typ": "jwt"}):
        assert call(header=header) in (400, 401), header
    assert fapi2_run.call(token, proof={}) in (400, 401)
    assert fapi2_run.call(token, scheme="Bearer", proof={}) in (400, 401)
    once = fapi2_run.build_proof("client", "GET", url, token)
    assert fapi2_run.call(token, proof=once) == 200
    assert fapi2_run.call(token, proof=once) in (400, 401)
    in_query = fapi2_run.http.get(url, params={"access_token": token})
    assert in_query.status_code in (400, 401)
