"""The profile `fapi2`: a host with this one setting keeps FAPI 2.0's rules."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.config.profiles.signing_client import error_of
from tests.support.client_keys import key_set
from tests.support.dpop import call_view
from tests.support.host import parse_redirect

FAPI = "FAPI 2.0 Security Profile"
PATH = "/.well-known/oauth-authorization-server/oauth"
STRONG = ["PS256", "ES256", "EdDSA", "Ed25519"]


@pytest.fixture
def fapi_client(new_signing_client):
    return new_signing_client(profile="fapi2")


@pytest.fixture
def robot_metadata(fapi_client):
    return fapi_client.host.browser().get(PATH).json


@pytest.mark.spec(FAPI, "5.3.2.2")
def test_a_whole_flow_with_private_key_jwt_and_dpop(fapi_client):
    response = fapi_client.authorize()
    assert response["iss"] == "https://as.example/oauth"
    tokens = fapi_client.redeem(response["code"], fapi_client.proof()).json
    assert tokens["token_type"] == "DPoP"
    called = call_view(fapi_client.host, tokens["access_token"], fapi_client.signer)
    assert called.json["sub"] == "alice"
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = fapi_client.post(
        "token", again | fapi_client.assertion(), fapi_client.proof()
    ).json
    assert refreshed["refresh_token"] == tokens["refresh_token"]
    assert refreshed["token_type"] == "DPoP"


@pytest.mark.spec(FAPI, "5.3.2.1")
def test_the_metadata_offer_only_what_the_profile_allows(robot_metadata):
    assert robot_metadata["response_types_supported"] == ["code"]
    assert robot_metadata["require_pushed_authorization_requests"] is True
    assert robot_metadata["token_endpoint_auth_methods_supported"] == [
        "private_key_jwt"
    ]
    assert robot_metadata["code_challenge_methods_supported"] == ["S256"]
    assert robot_metadata["authorization_response_iss_parameter_supported"] is True
    assert {"implicit", "password"}.isdisjoint(robot_metadata["grant_types_supported"])
    for name, value in robot_metadata.items():
        if name.endswith("_alg_values_supported"):
            assert set(value) <= set(STRONG), name


@pytest.mark.spec(FAPI, "5.3.2.1")
def test_no_token_is_issued_without_a_key(fapi_client):
    code = fapi_client.authorize()["code"]
    assert error_of(fapi_client.redeem(code, None)) == "invalid_request"
    assert fapi_client.redeem(code, fapi_client.proof()).status_int == 200
    assert error_of(fapi_client.request_token(None)) == "invalid_request"
    assert fapi_client.request_token(fapi_client.proof()).json["token_type"] == "DPoP"


@pytest.mark.spec(FAPI, "5.3.2.2")
def test_a_request_must_be_pushed(fapi_client):
    query = {"client_id": "robot", "response_type": "code", "state": "s"}
    answer = fapi_client.browser.get("/oauth/authorize", query, status=303)
    assert parse_redirect(answer)["error"] == "invalid_request"


@pytest.mark.spec(FAPI, "5.3.2.2")
@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": None, "code_challenge_method": None, "nonce": "n"},
        {"redirect_uri": None},
    ],
)
def test_a_pushed_request_needs_pkce_and_a_redirect_uri(fapi_client, change):
    # An exemption of the application is ignored.
    fapi_client.host.update_application("robot", pkce_required=False)
    assert error_of(fapi_client.push(**change)) == "invalid_request"


@pytest.mark.spec(FAPI, "5.3.2.2")
def test_other_response_types_are_refused(fapi_client):
    refused = error_of(fapi_client.push(response_type="token"))
    assert refused in ("unsupported_response_type", "unauthorized_client")


@pytest.mark.spec(FAPI, "5.3.2.2")
def test_the_lives_of_codes_and_request_uris(fapi_client, frozen_clock):
    assert 60 <= fapi_client.push().json["expires_in"] < 600
    code = fapi_client.authorize()["code"]
    frozen_clock.advance(61)
    assert error_of(fapi_client.redeem(code, fapi_client.proof())) == "invalid_grant"


@pytest.mark.spec(FAPI, "5.3.2.1")
@pytest.mark.parametrize(
    "audience",
    [
        "https://as.example/oauth/token",
        "https://as.example/oauth/par",
        ["https://as.example/oauth"],
        ["https://as.example/oauth", "https://other.example"],
    ],
)
def test_the_audience_of_an_assertion_is_the_issuer_as_a_string(fapi_client, audience):
    assertion = fapi_client.assertion(aud=audience)
    assert error_of(fapi_client.push(assertion)) == "invalid_client"


@pytest.mark.spec(FAPI, "5.2.3")
def test_scripts_of_other_origins_read_no_authorization_response(fapi_client):
    query = {"client_id": "robot", "request_uri": "urn:x"}
    headers = {"Origin": "https://client.example"}
    for method in ("GET", "OPTIONS"):
        answer = fapi_client.browser.request(
            "/oauth/authorize?" + urlencode(query),
            method=method,
            headers={**headers, "Access-Control-Request-Method": "GET"},
            expect_errors=True,
        )
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.spec(FAPI, "5.4.1")
def test_rs256_is_accepted_nowhere(fapi_client):
    assert (
        error_of(fapi_client.push(fapi_client.assertion("RS256"))) == "invalid_client"
    )
    proof = fapi_client.signer
    weak = type(proof)("RS256").sign("POST", "https://as.example/oauth/token")
    assert error_of(fapi_client.request_token(weak)) == "invalid_dpop_proof"


@pytest.mark.spec(FAPI, "5.3.2.1")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("token_endpoint_auth_method", "none"),
        ("token_endpoint_auth_method", "client_secret_basic"),
        ("token_endpoint_auth_signing_alg", "RS256"),
        ("redirect_uris", ["http://fapi_client.example/cb"]),
        ("response_types", ["token"]),
        ("response_types", ["code", "id_token"]),
        ("grant_types", ["password"]),
    ],
)
def test_registration_accepts_only_what_the_profile_allows(new_host, member, value):
    def ask(**changes):
        document = {
            "redirect_uris": ["https://fapi_client.example/cb"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "PS256",
            "jwks": key_set("PS256"),
            **changes,
        }
        return browser.post_json("/oauth/register", document, status="*")

    with pytest.warns(match="registration = open"):
        host = new_host(
            profile="fapi2",
            registration="open",
            registration_scopes="read",
            registration_strict="true",
        )
    browser = host.browser()
    assert ask().status_int == 201
    assert ask(**{member: value}).status_int == 400
