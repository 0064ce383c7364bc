"""The profile `fapi2-signing`: authorization responses are signed."""

from __future__ import annotations

import pytest

from tests.config.profiles.signing_client import SigningClient, error_of
from tests.support.host import authorize_client, parse_redirect

SIGNING = "FAPI 2.0 Message Signing"


@pytest.fixture
def signing_fapi_client(new_provider):
    provider = new_provider(profile="fapi2-signing", openid="false", keys=("PS256",))
    return SigningClient(provider)


@pytest.mark.spec(SIGNING, "5.4.1")
def test_an_authorization_response_is_signed(signing_fapi_client):
    response = signing_fapi_client.authorize_signed(response_mode="jwt")
    assert response.keys() == {"response"}
    claims = signing_fapi_client.host.verify_token(
        response["response"], "robot", ["exp"]
    )
    tokens = signing_fapi_client.redeem(
        claims["code"], signing_fapi_client.proof()
    ).json
    assert tokens["token_type"] == "DPoP"


@pytest.mark.spec(SIGNING, "5.4.1")
@pytest.mark.parametrize("mode", [None, "query", "form_post"])
def test_an_unsigned_response_cannot_be_asked_for(signing_fapi_client, mode):
    assert (
        error_of(signing_fapi_client.push_signed(response_mode=mode))
        == "invalid_request"
    )


@pytest.mark.spec(SIGNING, "5.3.1")
def test_a_request_must_be_signed(signing_fapi_client):
    refused = error_of(signing_fapi_client.push(response_mode="jwt"))
    assert refused == "invalid_request"


@pytest.mark.spec(SIGNING, "5.3.1")
@pytest.mark.parametrize(
    "claims",
    [
        {"nbf": None},
        {"exp": None},
        {"aud": None},
        {"aud": "https://other.example"},
        {"exp": 70 * 60},
        {"exp": -60},
        {"nbf": -70 * 60},
        {"nbf": 120},
        {"iat": 120},
    ],
)
def test_the_life_of_a_signed_request_is_bounded(signing_fapi_client, claims):
    answer = signing_fapi_client.push_signed(claims, response_mode="jwt")
    assert error_of(answer) == "invalid_request_object"


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_clock_that_is_ahead_by_ten_seconds_is_no_reason(signing_fapi_client, name):
    answer = signing_fapi_client.push_signed({name: 9}, response_mode="jwt")
    assert answer.status_int == 201


@pytest.mark.spec(SIGNING, "5.3.1")
def test_a_request_signed_with_rs256_is_refused(signing_fapi_client):
    answer = signing_fapi_client.push_signed({}, "RS256", response_mode="jwt")
    assert error_of(answer) == "invalid_request_object"


def test_the_metadata_have_signed_response_modes_only(signing_fapi_client):
    path = "/.well-known/oauth-authorization-server/oauth"
    members = signing_fapi_client.host.browser().get(path).json
    assert members["require_signed_request_object"] is True
    assert set(members["response_modes_supported"]) == {
        *("jwt", "query.jwt", "fragment.jwt", "form_post.jwt")
    }
    assert members["authorization_signing_alg_values_supported"] == ["PS256", "ES256"]
    assert members["introspection_signing_alg_values_supported"] == ["PS256", "ES256"]


@pytest.mark.spec("JARM", "2.3")
@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({}, "invalid_request"),
        ({"response_mode": "unknown"}, "invalid_request"),
        ({"response_type": "unknown"}, "unsupported_response_type"),
        ({"scope": "unknown"}, "invalid_scope"),
        ({"code_challenge_method": "unknown"}, "invalid_request"),
    ],
)
def test_a_browser_gets_the_refusal_signed_too(new_provider, parameters, error):
    provider = new_provider(extensions="default jarm", require_jwt_response_mode="true")
    provider.register_client()
    answer = authorize_client(provider.open_browser(), **parameters)
    members = parse_redirect(answer)
    assert members.keys() == {"response"}
    claims = provider.verify_token(members["response"], "web", ["exp"])
    assert (claims["error"], claims["state"]) == (error, "af0ifjsldkj")
