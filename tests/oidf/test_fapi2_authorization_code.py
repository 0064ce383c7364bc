"""FAPI 2.0 modules about the code flow: metadata, responses, PKCE, codes, tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pyramid_oauth import clock
from tests.oidf.fapi2 import FIRST, SECOND, read_error
from tests.support.host import VERIFIER
from tests.support.provider import ISSUER

ALGORITHMS = {"PS256", "ES256", "EdDSA", "Ed25519"}


@pytest.mark.module("fapi2-security-profile-final-discovery-end-point-verification")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
def test_discovery_end_point_verification(fapi2):
    document = fapi2.provider.discovery()
    assert document["issuer"] == ISSUER
    assert document["response_types_supported"] == ["code"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["pushed_authorization_request_endpoint"] == f"{ISSUER}/par"
    assert document["require_pushed_authorization_requests"] is True
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    for name in (
        "token_endpoint_auth_signing_alg_values_supported",
        "id_token_signing_alg_values_supported",
    ):
        assert ALGORITHMS & set(document[name]), name
    assert "openid" in document["scopes_supported"]
    assert {"authorization_code", "refresh_token"} <= set(
        document["grant_types_supported"]
    )


@pytest.mark.module("fapi2-security-profile-final-happy-flow")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.spec("RFC 9207", "2")
@pytest.mark.parametrize("client", [FIRST, SECOND], ids=["first", "second"])
def test_happy_flow(fapi2, client):
    nonce = "x" * 39 + "-._~"
    members = fapi2.authorize(client, state="s" * 128, nonce=nonce)
    assert members["state"] == "s" * 128
    tokens = fapi2.redeem(members["code"], client).json
    assert 1 <= tokens["expires_in"] <= 31_536_000
    claims = fapi2.verify_id_token(tokens, client)
    assert (claims["nonce"], claims["sub"]) == (nonce, "alice")
    assert fapi2.request_userinfo(tokens["access_token"]) == 200


@pytest.mark.module("fapi2-security-profile-final-user-rejects-authentication")
@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("client", [FIRST, SECOND], ids=["first", "second"])
def test_user_rejects_authentication(fapi2, client):
    members = fapi2.authorize(client, "deny", state="s" * 128)
    assert (members["error"], members["state"]) == ("access_denied", "s" * 128)


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-without-state-success"
)
@pytest.mark.spec("RFC 6749", "4.1.2")
def test_ensure_authorization_request_without_state_success(fapi2):
    assert fapi2.authorize(state=None).keys() == {"code"}


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-without-nonce-success"
)
@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_ensure_authorization_request_without_nonce_success(fapi2):
    assert "nonce" not in fapi2.verify_id_token(fapi2.log_in(nonce=None))


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success"
)
@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-with-long-nonce"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize("length", [64, 384])
def test_ensure_authorization_request_with_long_nonce(fapi2, length):
    assert (
        fapi2.verify_id_token(fapi2.log_in(nonce="n" * length))["nonce"] == "n" * length
    )


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-request-with-long-state"
)
@pytest.mark.spec("RFC 6749", "4.1.2")
def test_ensure_authorization_request_with_long_state(fapi2):
    assert fapi2.authorize(state="s" * 1000)["state"] == "s" * 1000


@pytest.mark.module("fapi2-security-profile-final-ensure-other-scope-order-succeeds")
@pytest.mark.spec("RFC 6749", "3.3")
def test_ensure_other_scope_order_succeeds(fapi2):
    tokens = fapi2.log_in(scope="read openid")
    assert fapi2.verify_id_token(tokens)["sub"] == "alice"


@pytest.mark.module(
    "fapi2-security-profile-final-test-claims-parameter-identity-claims"
)
@pytest.mark.spec("OpenID Connect Core", "5.5")
def test_claims_parameter_identity_claims(fapi2):
    document = fapi2.provider.discovery()
    assert document["claims_parameter_supported"] is True
    requested_claims = dict.fromkeys((*document["claims_supported"], "unknown_claim"))
    requested_claims |= {"email": {"essential": True}}
    claims = {
        "id_token": requested_claims,
        "userinfo": requested_claims,
        "unknown_member": {"a": None},
    }
    scope = "openid profile email address phone"
    tokens = fapi2.log_in(claims=json.dumps(claims), scope=scope)
    claim_names = set(document["claims_supported"])
    protocol_claims = {"at_hash", "azp", "jti", "nonce", "sid"}
    id_token = fapi2.verify_id_token(tokens)
    assert id_token["email"] == "alice@example.org"
    assert set(id_token) <= claim_names | protocol_claims
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = fapi2.provider.browser().get("/oauth/userinfo", headers=headers).json
    assert userinfo["email"] == "alice@example.org"
    assert set(userinfo) <= claim_names


@pytest.mark.module(
    "fapi2-security-profile-final-access-token-type-header-case-sensitivity"
)
@pytest.mark.spec("RFC 9110", "11.1")
@pytest.mark.parametrize("scheme", ["bEARER", "BEARER", "bearer"])
def test_access_token_type_header_case_sensitivity(fapi2, scheme):
    assert fapi2.request_userinfo(fapi2.log_in()["access_token"], scheme) == 200


@pytest.mark.module("fapi2-security-profile-final-ensure-pkce-code-verifier-required")
@pytest.mark.spec("RFC 7636", "4.6")
def test_ensure_pkce_code_verifier_required(fapi2):
    code = fapi2.authorize()["code"]
    assert read_error(fapi2.redeem(code, code_verifier=None)) == "invalid_grant"


@pytest.mark.module(
    "fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected"
)
@pytest.mark.spec("RFC 7636", "4.6")
def test_incorrect_pkce_code_verifier_rejected(fapi2):
    code = fapi2.authorize()["code"]
    wrong = VERIFIER[::-1]
    assert read_error(fapi2.redeem(code, code_verifier=wrong)) == "invalid_grant"


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client"
)
@pytest.mark.spec("RFC 6749", "4.1.3")
def test_ensure_authorization_code_is_bound_to_client(fapi2):
    code = fapi2.authorize(FIRST)["code"]
    stolen = fapi2.redeem(code, SECOND, redirect_uri=FIRST.redirect_uri)
    assert read_error(stolen) == "invalid_grant"


@pytest.mark.module(
    "fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second"
)
@pytest.mark.spec("RFC 6749", "4.1.2")
def test_attempt_reuse_authorization_code_after_one_second(fapi2):
    code = fapi2.authorize()["code"]
    token = fapi2.redeem(code).json["access_token"]
    assert read_error(fapi2.redeem(code)) == "invalid_grant"
    assert fapi2.request_userinfo(token) == 401


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code"
)
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
def test_ensure_token_endpoint_fails_with_expired_auth_code(fapi2):
    with clock.frozen(datetime.now(UTC) - timedelta(hours=1)) as time:
        code = fapi2.authorize()["code"]
        time.advance(62)
        assert read_error(fapi2.redeem(code)) == "invalid_grant"


@pytest.mark.module("fapi2-security-profile-final-refresh-token")
@pytest.mark.spec("RFC 6749", "6")
@pytest.mark.spec("OpenID Connect Core", "12.2")
@pytest.mark.parametrize("scope", ["openid read", None])
def test_refresh_token(fapi2, scope):
    tokens = fapi2.log_in(SECOND)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        **({"scope": scope} if scope else {}),
    }
    unauthenticated_response = fapi2.provider.browser().post(
        "/oauth/token", form, expect_errors=True
    )
    assert read_error(unauthenticated_response) in {
        "invalid_client",
        "invalid_grant",
        "invalid_request",
    }
    assert read_error(fapi2.post_token(FIRST, **form)) == "invalid_grant"
    for _ in range(2):
        renewed = fapi2.post_token(SECOND, **form)
        assert renewed.status_int == 200, "a superseded token is accepted for the grace"
        assert "no-store" in renewed.headers["Cache-Control"]
        assert renewed.json["token_type"] == tokens["token_type"]
        before, after = (
            fapi2.verify_id_token(tokens, SECOND),
            fapi2.verify_id_token(renewed.json, SECOND),
        )
        for name in ("iss", "sub", "aud", "auth_time", "azp"):
            assert before.get(name) == after.get(name), name
        assert fapi2.request_userinfo(renewed.json["access_token"]) == 200
