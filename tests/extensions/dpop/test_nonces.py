"""Nonces of the server at its own endpoints (RFC 9449 section 8), and CORS.

Overrides the fixture `host` by one that asks for nonces.
"""

from __future__ import annotations

import pytest

from pyramid_oauth import clock
from tests.support.client_keys import key_set
from tests.support.dpop import (
    DPOP,
    ORIGIN,
    PAR_URL,
    TOKEN_URL,
    call_view,
    include_dpop,
    post_form,
)
from tests.support.host import authorize_client, build_code_exchange, parse_redirect
from tests.support.key_material import private_key
from tests.support.provider import log_in_browser
from tests.support.pushing import build_client_assertion, push


@pytest.fixture
def host(new_dpop_host):
    return new_dpop_host(dpop_nonces="true")


def request_token(host, client, signer, status=None):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    return post_form(host, "/oauth/token", form, signer, status)


def learn_nonce(answer, signer, status=400):
    assert answer.status_int == status
    assert answer.json["error"] == "use_dpop_nonce"
    (signer.nonce,) = answer.headers.getall("DPoP-Nonce")


@pytest.mark.spec(DPOP, "8")
def test_a_token_request_is_repeated_with_the_nonce(host, client, signer):
    answer = request_token(host, client, signer, 400)
    assert answer.headers["Cache-Control"] == "no-store"
    learn_nonce(answer, signer)
    tokens = request_token(host, client, signer, 200).json
    assert tokens["token_type"] == "DPoP"
    call_view(host, tokens["access_token"], signer, status=200)
    signer.nonce = None
    answer = call_view(host, tokens["access_token"], signer, status=401)
    learn_nonce(answer, signer, 401)


@pytest.mark.spec(DPOP, "8")
def test_the_repeated_request_may_have_the_same_client_assertion(host, signer):
    host.register_client(
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks": key_set("ES256")},
    )
    key = private_key("ES256", 0).as_pem(private=True)
    client = build_client_assertion(key, "ES256")
    learn_nonce(request_token(host, client, signer, 400), signer)
    request_token(host, client, signer, 200)
    assert request_token(host, client, signer, 401).json["error"] == "invalid_client"


@pytest.mark.spec(DPOP, "10.1")
def test_a_pushed_request_is_repeated_with_the_nonce(host, client, signer):
    headers = {"DPoP": signer.sign("POST", PAR_URL)}
    learn_nonce(push(host, client, 400, headers), signer)
    push(host, client, 201, {"DPoP": signer.sign("POST", PAR_URL)})


def test_a_request_without_proof_is_not_asked_for_a_nonce(host, client):
    """The client would repeat it, again without a proof."""
    host.set_client_metadata(dpop_bound_access_tokens=True)
    answer = request_token(host, client, None, 400)
    assert answer.json["error"] == "invalid_request"
    assert "DPoP-Nonce" not in answer.headers


@pytest.mark.spec(DPOP, "8.2")
def test_a_response_brings_the_next_nonce(host, client, signer):
    with clock.frozen() as time:
        learn_nonce(request_token(host, client, signer, 400), signer)
        assert "DPoP-Nonce" not in request_token(host, client, signer, 200).headers
        time.advance(60)
        answer = request_token(host, client, signer, 200)
        signer.nonce = answer.headers["DPoP-Nonce"]
        time.advance(60)
        request_token(host, client, signer, 200)


@pytest.mark.spec(DPOP, "8")
def test_scripts_of_other_origins_may_send_proofs_and_read_nonces(host, client, signer):
    origin = "https://spa.example"
    host.update_application(allowed_origins=origin)
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "dpop",
    }
    answer = host.browser().options("/oauth/token", headers=preflight, status=204)
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"DPoP", "Authorization"} <= set(allowed)
    form = {"grant_type": "client_credentials", "scope": "read", **client}

    def post(nonce):
        proof = signer.sign("POST", TOKEN_URL, nonce=nonce)
        headers = {"DPoP": proof, "Origin": origin}
        return host.browser().post(
            "/oauth/token", form, headers=headers, expect_errors=True
        )

    with clock.frozen() as time:
        answer = post(None)
        assert "DPoP-Nonce" in answer.headers["Access-Control-Expose-Headers"]
        nonce = answer.headers["DPoP-Nonce"]
        time.advance(60)
        answer = post(nonce)
        assert answer.status_int == 200
        assert answer.headers["Access-Control-Expose-Headers"] == "DPoP-Nonce"


@pytest.mark.spec(DPOP, "7")
def test_userinfo_accepts_bound_tokens(new_provider, signer):
    """Also for scripts, which learn the next nonce from a success."""
    provider = new_provider(include_dpop, dpop_nonces="true")
    client = provider.register_client()
    with clock.frozen() as time:
        browser = log_in_browser(provider)
        answer = authorize_client(browser, scope="openid", dpop_jkt=signer.thumbprint)
        form = build_code_exchange(parse_redirect(answer)["code"], client)
        learn_nonce(post_form(provider, "/oauth/token", form, signer, 400), signer)
        token = post_form(provider, "/oauth/token", form, signer, 200).json[
            "access_token"
        ]

        def ask(method):
            headers = signer.headers(method, f"{ORIGIN}/oauth/userinfo", token)
            headers["Origin"] = "https://spa.example"
            call = getattr(provider.browser(), method.lower())
            return call("/oauth/userinfo", headers=headers, status="*")

        for method in ("GET", "POST"):
            assert ask(method).json["sub"] == "alice"
        bearer = {"Authorization": f"Bearer {token}"}
        provider.browser().get("/oauth/userinfo", headers=bearer, status=401)
        time.advance(60)
        answer = ask("GET")
        assert answer.status_int == 200
        assert answer.headers["Access-Control-Expose-Headers"] == "DPoP-Nonce"
        time.advance(180)
        answer = ask("GET")
        assert answer.json["error"] == "use_dpop_nonce"
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"DPoP-Nonce", "WWW-Authenticate"} <= set(exposed)
