"""JWT responses of token introspection (RFC 9701)."""

from __future__ import annotations

import time

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import KeySet

from pyramid_oauth.clients.validation import unsupported_values
from tests.support.client_keys import key_set
from tests.support.host import obtain_tokens
from tests.support.key_material import private_key
from tests.support.provider import ISSUER

RFC = "RFC 9701"
MEDIA_TYPE = "application/token-introspection+jwt"
METADATA = "/.well-known/oauth-authorization-server/oauth"


@pytest.fixture
def introspected_provider(new_provider):
    provider = new_provider(
        lambda config: config.include("pyramid_oauth.extensions.jwt_introspection"),
        keys=("RS256", "ES256"),
        signing_algorithms="RS256 ES256",
    )
    provider.web = provider.register_client()
    provider.token = obtain_tokens(provider, provider.web)["access_token"]
    return provider


def introspect_as(provider, credentials, token, accept=MEDIA_TYPE, status=200):
    form = {"token": token, **credentials}
    return provider.browser().post(
        "/oauth/introspect", form, headers={"Accept": accept}, status=status
    )


def verify_jwt(provider, token):
    published = KeySet.import_key_set(provider.browser().get("/oauth/jwks").json)
    return jwt.decode(token, published, algorithms=["RS256", "ES256"])


@pytest.mark.spec(RFC, "5")
@pytest.mark.spec("FAPI 2.0 Message Signing", "5.5.1")
def test_a_resource_server_gets_the_response_as_a_signed_jwt(introspected_provider):
    api = introspected_provider.register_client(client_id="api", introspection="any")
    answer = introspect_as(introspected_provider, api, introspected_provider.token)
    assert answer.content_type == MEDIA_TYPE
    assert answer.headers["Cache-Control"] == "no-store"
    verified = verify_jwt(introspected_provider, answer.text)
    assert verified.header["typ"] == "token-introspection+jwt"
    assert verified.header["alg"] == "RS256"
    claims = verified.claims
    assert (claims["iss"], claims["aud"]) == (ISSUER, "api")
    assert abs(claims["iat"] - time.time()) < 60
    assert claims.keys() == {"iss", "aud", "iat", "token_introspection"}
    members = claims["token_introspection"]
    assert members["active"] is True
    assert (members["sub"], members["client_id"]) == ("alice", "web")


@pytest.mark.spec(RFC, "5")
def test_an_inactive_token_is_described_by_active_alone(introspected_provider):
    answer = introspect_as(introspected_provider, introspected_provider.web, "unknown")
    claims = verify_jwt(introspected_provider, answer.text).claims
    assert claims["token_introspection"] == {"active": False}


@pytest.mark.spec(RFC, "4")
@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", f"{MEDIA_TYPE};q=0.1, application/json", "text/html"],
)
def test_json_is_sent_to_a_client_that_does_not_prefer_the_jwt(
    introspected_provider, accept
):
    token, web = introspected_provider.token, introspected_provider.web
    answer = introspect_as(introspected_provider, web, token, accept)
    assert answer.content_type == "application/json"
    assert answer.json["active"] is True


@pytest.mark.spec(RFC, "4")
def test_a_client_that_is_not_authenticated_gets_no_jwt(introspected_provider):
    wrong = {"client_id": "web", "client_secret": "wrong"}
    token = introspected_provider.token
    answer = introspect_as(introspected_provider, wrong, token, status=401)
    assert answer.json["error"] == "invalid_client"


@pytest.mark.spec(RFC, "6")
def test_a_client_registers_how_its_responses_are_signed_and_encrypted(
    introspected_provider,
):
    api = introspected_provider.register_client(
        client_id="api",
        introspection="any",
        client_metadata={
            "jwks": key_set("RSA-OAEP-256"),
            "introspection_signed_response_alg": "ES256",
            "introspection_encrypted_response_alg": "RSA-OAEP-256",
            "introspection_encrypted_response_enc": "A128GCM",
        },
    )
    answer = introspect_as(introspected_provider, api, introspected_provider.token)
    opened = jwe.decrypt_compact(
        answer.text,
        private_key("RSA-OAEP-256"),
        algorithms=["RSA-OAEP-256", "A128GCM"],
    )
    verified = verify_jwt(introspected_provider, opened.plaintext.decode())
    assert verified.header["alg"] == "ES256"
    assert verified.claims["token_introspection"]["active"] is True


@pytest.mark.spec(RFC, "6")
def test_no_client_registers_unsigned_responses(introspected_provider):
    application = introspected_provider.models.Application(
        authorization_grant_type="client_credentials",
        client_metadata={"introspection_signed_response_alg": "none"},
    )
    errors = unsupported_values(introspected_provider.server, application)
    assert "introspection_signed_response_alg" in str(errors)


@pytest.mark.spec(RFC, "7")
def test_the_metadata_list_the_algorithms(introspected_provider):
    document = introspected_provider.browser().get(METADATA).json
    signing = document["introspection_signing_alg_values_supported"]
    assert signing[:2] == ["RS256", "ES256"]
    assert "none" not in signing


@pytest.mark.spec(RFC, "7")
def test_a_server_that_keeps_no_secrets_offers_nothing_that_uses_one(
    new_host, tmp_path
):
    path = tmp_path / "key.pem"
    path.write_bytes(private_key("ES256").as_pem(private=True))
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.jwt_introspection"),
        secret="",
        grant_types="client_credentials",
        signing_algorithms="ES256",
        signing_key_files=f"{path} ES256",
    )
    document = host.browser().get(METADATA).json
    assert document["introspection_signing_alg_values_supported"] == ["ES256"]
    management = document["introspection_encryption_alg_values_supported"]
    assert "dir" not in management
    assert "RSA-OAEP-256" in management


@pytest.mark.spec(RFC, "8.1")
def test_a_response_is_no_access_token(introspected_provider):
    answer = introspect_as(
        introspected_provider, introspected_provider.web, introspected_provider.token
    )
    headers = {"Authorization": f"Bearer {answer.text}"}
    introspected_provider.browser().get("/me", headers=headers, status=401)


def test_without_the_extension_json_is_sent(host, client):
    token = obtain_tokens(host, client)["access_token"]
    answer = introspect_as(host, client, token)
    assert answer.content_type == "application/json"
