"""Tokens that are bound to a key: issuance, use, refresh, introspection."""

from __future__ import annotations

import re
import time

import pytest

from tests.support.dpop import (
    DPOP,
    ORIGIN,
    TOKEN_URL,
    call_view,
    post_form,
    redeem,
    refresh,
)
from tests.support.host import build_code_exchange, obtain_tokens


@pytest.mark.spec(DPOP, "5")
def test_a_code_is_redeemed_for_a_bound_token(host, client, signer, request_code):
    tokens = redeem(host, client, request_code(host, client), signer, 200).json
    assert tokens["token_type"] == "DPoP"
    answer = call_view(host, tokens["access_token"], signer, status=200)
    assert answer.json["sub"] == "alice"


@pytest.mark.spec(DPOP, "5")
def test_a_request_without_proof_gets_a_bearer_token(host, client):
    tokens = obtain_tokens(host, client)
    assert tokens["token_type"] == "Bearer"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    host.browser().get("/me", headers=headers, status=200)
    host.browser().get("/vault", headers=headers, status=401)


@pytest.mark.spec(DPOP, "5")
def test_a_client_gets_a_bound_token_for_itself(host, client, signer):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    tokens = post_form(host, "/oauth/token", form, signer, 200).json
    assert tokens["token_type"] == "DPoP"
    call_view(host, tokens["access_token"], signer, "/vault", 200)


@pytest.mark.spec(DPOP, "7.2")
def test_a_bound_token_is_refused_as_bearer_or_with_another_key(
    host, client, signer, other_signer, request_code
):
    tokens = redeem(host, client, request_code(host, client), signer).json
    token = tokens["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = host.browser().get("/me", headers=headers, status=401)
    assert answer.json["error"] == "invalid_token"
    headers["DPoP"] = signer.sign("GET", f"{ORIGIN}/me", token)
    host.browser().get("/me", headers=headers, status=401)
    answer = call_view(host, token, other_signer, status=401)
    assert answer.json["error"] == "invalid_token"


@pytest.mark.spec(DPOP, "7.1")
def test_a_bearer_token_is_refused_as_dpop(host, client, signer):
    token = obtain_tokens(host, client)["access_token"]
    call_view(host, token, signer, status=401)


@pytest.mark.spec(DPOP, "11.1")
def test_a_proof_is_used_once_at_a_view_and_at_the_token_endpoint(host, client, signer):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    proof = signer.sign("POST", TOKEN_URL)
    tokens = post_form(host, "/oauth/token", form, proof=proof, status=200).json
    answer = post_form(host, "/oauth/token", form, proof=proof, status=400)
    assert answer.json["error"] == "invalid_dpop_proof"
    token = tokens["access_token"]
    call_view(host, token, signer, jti="one", status=200)
    call_view(host, token, signer, jti="one", status=401)
    call_view(host, token, signer, "/vault", jti="one", status=200)


BAD = {
    "typ": {"header": {"typ": "jwt"}},
    "htu": {"htu": f"{ORIGIN}/oauth/revoke"},
    "htm": {"htm": "GET"},
    "iat": {"iat": int(time.time()) - 3600},
    "jti": {"jti": None},
}


@pytest.mark.spec(DPOP, "5")
@pytest.mark.parametrize("case", BAD)
def test_a_bad_proof_is_refused_and_the_code_stays_usable(
    host, client, signer, request_code, case
):
    code = request_code(host, client)
    form = build_code_exchange(code, client)
    proof = signer.sign("POST", TOKEN_URL, **BAD[case])
    answer = post_form(host, "/oauth/token", form, proof=proof, status=400)
    assert answer.json["error"] == "invalid_dpop_proof"
    assert re.fullmatch(r"The .*(proof|DPoP).*\.", answer.json["error_description"])
    redeem(host, client, code, signer, 200)


def test_the_host_header_does_not_name_the_token_endpoint(host, client, signer):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    headers = {
        "DPoP": signer.sign("POST", "https://evil.example/oauth/token"),
        "Host": "evil.example",
    }
    host.browser().post("/oauth/token", form, headers=headers, status=400)


def test_a_resource_of_the_host_may_have_the_name_of_an_endpoint(host, client, signer):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    token = post_form(host, "/oauth/token", form, signer, 200).json["access_token"]
    call_view(host, token, signer, "/any/token", 200)


def test_an_alias_of_the_token_endpoint_is_accepted(new_dpop_host, signer):
    host = new_dpop_host(dpop_base_urls="https://mtls.as.example")
    client = host.register_client()
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    for origin in ("https://mtls.as.example", ORIGIN):
        proof = signer.sign("POST", f"{origin}/oauth/token")
        post_form(host, "/oauth/token", form, proof=proof, status=200)


def test_a_bad_proof_does_not_use_up_a_bad_secret_either(host, client, signer):
    """The proof is checked before the client, so that nothing of it is used up."""
    form = {"grant_type": "client_credentials", **client, "client_secret": "wrong"}
    proof = signer.sign("POST", TOKEN_URL)
    answer = post_form(host, "/oauth/token", form, proof=proof, status=401)
    assert answer.json["error"] == "invalid_client"
    form["client_secret"] = client["client_secret"]
    post_form(host, "/oauth/token", form, proof=proof, status=200)


@pytest.mark.spec(DPOP, "5")
def test_the_refresh_token_of_a_public_client_is_bound(
    host, public_client, signer, other_signer, request_code
):
    code = request_code(host, public_client)
    tokens = redeem(host, public_client, code, signer).json
    for round_ in range(2):
        token = tokens["refresh_token"]
        answer = refresh(host, public_client, token, other_signer, 400)
        assert answer.json["error"] == "invalid_grant", round_
        answer = refresh(host, public_client, token, None, 400)
        assert answer.json["error"] == "invalid_request"
        tokens = refresh(host, public_client, token, signer, 200).json
        assert tokens["token_type"] == "DPoP"


@pytest.mark.spec(DPOP, "5")
def test_the_refresh_token_of_a_confidential_client_is_not_bound(
    host, client, signer, other_signer, request_code
):
    tokens = redeem(host, client, request_code(host, client), signer).json
    tokens = refresh(host, client, tokens["refresh_token"], other_signer, 200).json
    call_view(host, tokens["access_token"], other_signer, status=200)
    tokens = refresh(host, client, tokens["refresh_token"], None, 200).json
    assert tokens["token_type"] == "Bearer"


@pytest.mark.spec(DPOP, "6.2")
def test_introspection_tells_the_key(host, client, signer, request_code):
    tokens = redeem(host, client, request_code(host, client), signer).json
    form = {"token": tokens["access_token"], **client}
    answer = host.browser().post("/oauth/introspect", form).json
    assert answer["token_type"] == "DPoP"
    assert answer["cnf"] == {"jkt": signer.thumbprint}


def test_paths_are_compared_as_the_application_sees_them(host, client, signer):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    token = post_form(host, "/oauth/token", form, signer).json["access_token"]
    for path in ("/any/a%20b", "/any/%C3%A4", "/any/a%2Fb"):
        proof = signer.sign("GET", f"{ORIGIN}{path}?q=1", token)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        answer = host.browser().get(path, headers=headers, status="*")
        assert answer.status_int in (200, 404), path


@pytest.mark.spec(DPOP, "5.1")
def test_the_metadata_names_the_algorithms(new_dpop_host):
    host = new_dpop_host(dpop_signing_algorithms="ES256 PS256")
    document = host.browser().get("/.well-known/oauth-authorization-server/oauth").json
    assert document["dpop_signing_alg_values_supported"] == ["ES256", "PS256"]
