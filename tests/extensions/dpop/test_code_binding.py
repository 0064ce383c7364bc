"""Codes that are bound to a key by the authorization request (RFC 9449 section 10)."""

from __future__ import annotations

import pytest

from tests.support.dpop import DPOP, PAR_URL, redeem
from tests.support.host import build_authorization_request, parse_redirect
from tests.support.pushing import authorize_pushed_request, push


def log_in(host):
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


@pytest.mark.spec(DPOP, "10")
def test_a_code_is_redeemed_with_the_key_of_dpop_jkt_only(
    host, client, signer, other_signer, request_code
):
    code = request_code(host, client, dpop_jkt=signer.thumbprint)
    assert redeem(host, client, code, None, 400).json["error"] == "invalid_request"
    refused = redeem(host, client, code, other_signer, 400)
    assert refused.json["error"] == "invalid_grant"
    assert redeem(host, client, code, signer, 200).json["token_type"] == "DPoP"


@pytest.mark.spec(DPOP, "10")
def test_a_code_is_bound_where_nobody_is_asked(
    host, client, signer, other_signer, request_code
):
    """Also when the consent is remembered, and after a login."""
    request_code(host, client)
    code = request_code(host, client, dpop_jkt=signer.thumbprint)
    redeem(host, client, code, other_signer, 400)
    browser = host.browser()
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(dpop_jkt=signer.thumbprint)
    )
    browser.get("/login?name=alice")
    next_url = parse_redirect(answer)["next"]
    code = parse_redirect(browser.get(next_url))["code"]
    redeem(host, client, code, other_signer, 400)
    redeem(host, client, code, signer, 200)


@pytest.mark.parametrize("value", ["x", "x" * 44, "=" * 43])
def test_a_malformed_dpop_jkt_is_refused(host, client, value):
    request = build_authorization_request(dpop_jkt=value)
    answer = log_in(host).get("/oauth/authorize", request, status=303)
    assert parse_redirect(answer)["error"] == "invalid_request"


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success",
    "fapi2-security-profile-final-ensure-dpop-auth-code-binding-success",
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
)
@pytest.mark.spec(DPOP, "10.1")
@pytest.mark.parametrize("way", ["proof", "parameter", "both"])
def test_a_pushed_request_binds_its_code(host, client, signer, other_signer, way):
    headers, changes = None, {}
    if way != "parameter":
        headers = {"DPoP": signer.sign("POST", PAR_URL)}
    if way != "proof":
        changes["dpop_jkt"] = signer.thumbprint
    uri = push(host, client, 201, headers, **changes).json["request_uri"]
    code = authorize_pushed_request(log_in(host), uri)["code"]
    redeem(host, client, code, other_signer, 400)
    redeem(host, client, code, None, 400)
    redeem(host, client, code, signer, 200)


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails",
)
@pytest.mark.spec(DPOP, "10.1")
def test_a_pushed_request_with_two_keys_is_refused(host, client, signer, other_signer):
    headers = {"DPoP": signer.sign("POST", PAR_URL)}
    answer = push(host, client, 400, headers, dpop_jkt=other_signer.thumbprint)
    assert answer.json["error"] == "invalid_dpop_proof"
    assert not host.count("AuthorizationRequest")


@pytest.mark.spec(DPOP, "10.1")
def test_the_proof_of_a_pushed_request_is_checked_and_used_once(host, client, signer):
    wrong = {"DPoP": signer.sign("POST", "https://as.example/oauth/token")}
    assert push(host, client, 400, wrong).json["error"] == "invalid_dpop_proof"
    headers = {"DPoP": signer.sign("POST", PAR_URL)}
    push(host, client, 201, headers)
    assert push(host, client, 400, headers).json["error"] == "invalid_dpop_proof"


def test_a_proof_at_the_authorization_endpoint_binds_nothing(
    host, client, signer, request_code
):
    """A browser sends none; what it sends says nothing about the client."""
    request_code(host, client)
    headers = {"DPoP": signer.sign("GET", "https://as.example/oauth/authorize")}
    answer = log_in(host).get(
        "/oauth/authorize", build_authorization_request(), headers=headers
    )
    tokens = redeem(host, client, parse_redirect(answer)["code"], None, 200).json
    assert tokens["token_type"] == "Bearer"
