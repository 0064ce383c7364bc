"""FAPI 2.0 modules about DPoP proofs: at the resource, and what binds a code."""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.oidf.fapi2_client import (
    encode,
    export_public_key,
    hash_token,
    proof_key,
    read_error,
    remove_signature,
    replace_signature,
)
from tests.oidf.fapi2_variants import each_proof
from tests.oidf.jose import decode_base64url

pytestmark = pytest.mark.slow

REFUSED = {"invalid_grant", "invalid_request", "invalid_dpop_proof"}
HOUR = 3600


@each_proof
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
    token = fapi2_run.read_tokens(answer)["access_token"]
    assert fapi2_run.call(token, proof=proof("GET", fapi2_run.resource, token)) == 200


@each_proof
@pytest.mark.module("fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails")
@pytest.mark.spec("RFC 9449", "10.1")
def test_a_pushed_request_names_the_key_of_its_proof(fapi2_run):
    proof = fapi2_run.build_proof("client", "POST", fapi2_run.par_url)
    other = proof_key("client2").thumbprint()
    refused = read_error(fapi2_run.push(headers=proof, dpop_jkt=other))
    assert refused in {"invalid_request", "invalid_dpop_proof"}


@each_proof
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-dpop-auth-code-binding-success"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt"
)
@pytest.mark.spec("RFC 9449", "10")
def test_dpop_jkt_binds_the_code_to_a_key(fapi2_run):
    own, other = (proof_key(name).thumbprint() for name in ("client", "client2"))
    code = fapi2_run.authorize(dpop_jkt=other)["code"]
    assert read_error(fapi2_run.redeem(code)) in REFUSED
    code = fapi2_run.authorize(dpop_jkt=own)["code"]
    tokens = fapi2_run.read_tokens(fapi2_run.redeem(code))
    assert fapi2_run.call(tokens["access_token"]) == 200


@each_proof
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt"
)
@pytest.mark.spec("RFC 9449", "10.1")
@pytest.mark.parametrize("key", ["client", "client2"])
def test_a_proof_at_par_binds_the_code_to_its_key(fapi2_run, key):
    pushed = fapi2_run.build_proof("client", "POST", fapi2_run.par_url)
    code = fapi2_run.authorize(headers=pushed)["code"]
    proof = fapi2_run.build_proof(key, "POST", fapi2_run.token_url)
    answer = fapi2_run.redeem(code, headers=proof)
    if key == "client":
        token = fapi2_run.read_tokens(answer)["access_token"]
        assert fapi2_run.call(token) == 200
    else:
        assert read_error(answer) in REFUSED


def capitalise_host(url):
    parts = urlsplit(url)
    return parts._replace(scheme="HTTPS", netloc=parts.netloc.upper()).geturl()


@each_proof
@pytest.mark.module("fapi2-security-profile-final-dpop-negative-tests")
@pytest.mark.spec("RFC 9449", "4.3")
def test_proofs_at_the_resource_may_differ_in_what_has_no_meaning(fapi2_run):
    token = fapi2_run.log_in()["access_token"]
    url = fapi2_run.resource
    assert fapi2_run.call(token, scheme="dPOp") == 200
    for changes in (
        {"htu": f"{url}?a=b"},
        {"htu": f"{url}#a"},
        {"htu": capitalise_host(url)},
        {"unknown": {"a": 1}},
        {"header": {"unknown": "x"}},
    ):
        proof = fapi2_run.build_proof("client", "GET", url, token, **changes)
        assert fapi2_run.call(token, proof=proof) == 200, changes


@each_proof
@pytest.mark.module("fapi2-security-profile-final-dpop-negative-tests")
@pytest.mark.spec("RFC 9449", "4.3")
def test_a_claim_of_a_proof_that_is_missing_or_wrong_is_noticed(fapi2_run):
    token = fapi2_run.log_in()["access_token"]
    url, now = fapi2_run.resource, int(time.time())
    private = proof_key("client").export(private_key=True, as_dict=True)
    for changes in (
        *({name: None} for name in ("jti", "htm", "htu", "iat", "ath")),
        {"htm": "POST"},
        {"htu": f"{url}/more"},
        {"ath": hash_token("other")},
        {"iat": now - HOUR},
        {"iat": now + HOUR},
        {"header": {"typ": None}},
        {"header": {"typ": "jwt"}},
        {"header": {"jwk": None}},
        {"header": {"jwk": private}},
        {"header": {"jwk": export_public_key(proof_key("client2"))}},
        {"header": {"alg": "RS256"}},
    ):
        proof = fapi2_run.build_proof("client", "GET", url, token, **changes)
        assert fapi2_run.call(token, proof=proof) in (400, 401), changes


def remove_alg(proof):
    head, payload, signature = proof.split(".")
    header = json.loads(decode_base64url(head))
    del header["alg"]
    return f"{encode(header)}.{payload}.{signature}"


@each_proof
@pytest.mark.module("fapi2-security-profile-final-dpop-negative-tests")
@pytest.mark.spec("RFC 9449", "4.3")
def test_what_is_no_proof_of_the_key_is_refused(fapi2_run):
    token = fapi2_run.log_in()["access_token"]
    url = fapi2_run.resource

    def build(client="client"):
        return fapi2_run.build_proof(client, "GET", url, token)["DPoP"]

    for proof in (
        build().rpartition(".")[0],
        remove_alg(build()),
        remove_signature(build()),
        replace_signature(build()),
        build("client2"),
    ):
        assert fapi2_run.call(token, proof={"DPoP": proof}) in (400, 401), proof
    assert fapi2_run.call(token, proof={}) in (400, 401)
    assert fapi2_run.call(token, scheme="Bearer", proof={}) in (400, 401)
    assert fapi2_run.call(token, scheme="Bearer") in (400, 401)
    once = {"DPoP": build()}
    assert fapi2_run.call(token, proof=once) == 200
    assert fapi2_run.call(token, proof=once) in (400, 401)


@each_proof
@pytest.mark.module("fapi2-security-profile-final-dpop-negative-tests")
@pytest.mark.spec("RFC 9449", "4.3")
def test_two_proofs_in_one_request_are_refused(fapi2_run):
    token = fapi2_run.log_in()["access_token"]
    headers = urllib3.HTTPHeaderDict(fapi2_run.build_call_headers(token))
    with urllib3.PoolManager(ca_certs=fapi2_run.ca_file) as http:
        assert http.request("GET", fapi2_run.resource, headers=headers).status == 200
        headers = urllib3.HTTPHeaderDict(fapi2_run.build_call_headers(token))
        second = fapi2_run.build_proof("client", "GET", fapi2_run.resource, token)
        headers.add("DPoP", second["DPoP"])
        assert len(headers.getlist("DPoP")) == 2
        answer = http.request("GET", fapi2_run.resource, headers=headers)
        assert answer.status in (400, 401)
