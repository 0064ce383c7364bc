"""Tokens encrypted to a client (OpenID Connect Core sections 10.2 and 16.14)."""

from __future__ import annotations

import hashlib
import json

import pytest
from jwcrypto import jwe, jwk
from jwcrypto.common import base64url_encode

from tests.support.host import authorize_client, build_code_exchange, parse_redirect
from tests.support.provider import log_in_browser, log_in_to_client

EC = {"kty": "EC", "crv": "P-256"}
RSA = {"kty": "RSA", "size": 2048}
MANAGEMENT = {
    "RSA-OAEP": RSA,
    "RSA-OAEP-256": RSA,
    "ECDH-ES": EC,
    "ECDH-ES+A128KW": EC,
    "ECDH-ES+A192KW": EC,
    "ECDH-ES+A256KW": EC,
}


def decrypt(token, key):
    """The header and the content of an encrypted token, by jwcrypto."""
    decrypted = jwe.JWE()
    decrypted.deserialize(token, key)
    return decrypted.jose_header, decrypted.payload.decode()


def register_with_key(provider, alg, enc=None, kind="id_token", **more):
    """A client with one key, registered for encryption; its credentials and the key."""
    key = jwk.JWK.generate(**MANAGEMENT[alg], kid="mine", use="enc")
    metadata = {
        f"{kind}_encrypted_response_alg": alg,
        "jwks": {"keys": [key.export_public(as_dict=True)]},
        **more,
    }
    if enc:
        metadata[f"{kind}_encrypted_response_enc"] = enc
    return provider.register_client(client_metadata=metadata), key


@pytest.mark.spec("OpenID Connect Core", "16.14")
@pytest.mark.parametrize("alg", MANAGEMENT)
def test_an_id_token_is_signed_and_then_encrypted(provider, alg):
    client, key = register_with_key(provider, alg)
    header, inner = decrypt(log_in_to_client(provider, client)["id_token"], key)
    assert (header["alg"], header["enc"]) == (alg, "A128CBC-HS256")
    assert (header["cty"], header["kid"]) == ("JWT", "mine")
    assert provider.verify_id_token(inner)["sub"] == "alice"


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A128GCM", "A256GCM"])
def test_the_content_encryption_algorithm_is_the_registered_one(provider, enc):
    client, key = register_with_key(provider, "RSA-OAEP", enc)
    header, inner = decrypt(log_in_to_client(provider, client)["id_token"], key)
    assert header["enc"] == enc
    assert provider.verify_id_token(inner)["aud"] == "web"


@pytest.mark.spec("OpenID Connect Core", "10.2")
def test_a_client_secret_can_be_the_encryption_key(provider):
    metadata = {
        "id_token_encrypted_response_alg": "dir",
        "id_token_encrypted_response_enc": "A128GCM",
    }
    client = provider.register_client(client_metadata=metadata)
    digest = hashlib.sha256(client["client_secret"].encode()).digest()[:16]
    key = jwk.JWK(kty="oct", k=base64url_encode(digest))
    _, inner = decrypt(log_in_to_client(provider, client)["id_token"], key)
    assert provider.verify_id_token(inner)["sub"] == "alice"


@pytest.mark.spec("OpenID Connect Core", "5.3.2")
@pytest.mark.parametrize("signed", [False, True])
def test_userinfo_is_encrypted_with_or_without_a_signature(provider, signed):
    metadata = {"userinfo_signed_response_alg": "RS256"} if signed else {}
    client, key = register_with_key(provider, "ECDH-ES", kind="userinfo", **metadata)
    token = log_in_to_client(provider, client, scope="openid email")["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = provider.browser().get("/oauth/userinfo", headers=headers)
    assert answer.content_type == "application/jwt"
    header, content = decrypt(answer.text, key)
    assert header.get("cty") == ("JWT" if signed else None)
    claims = (
        provider.verify_token(content, "web", ["iss", "aud"])
        if signed
        else json.loads(content)
    )
    assert claims["email"] == "alice@example.org"
    assert claims["sub"] == "alice"


def test_without_a_fitting_client_key_the_code_stays_redeemable(provider):
    client, _ = register_with_key(provider, "RSA-OAEP")
    provider.update_application(
        client_metadata={"id_token_encrypted_response_alg": "RSA-OAEP"}
    )
    browser = log_in_browser(provider)
    code = parse_redirect(authorize_client(browser, scope="openid"))["code"]
    refused = browser.post(
        "/oauth/token", build_code_exchange(code, client), status=400
    )
    assert refused.json["error"] == "invalid_request"
    assert "RSA-OAEP" in refused.json["error_description"]
    provider.update_application(client_metadata=None)
    assert browser.post("/oauth/token", build_code_exchange(code, client)).json[
        "id_token"
    ]
