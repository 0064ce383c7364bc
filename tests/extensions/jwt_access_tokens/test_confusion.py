"""Tokens that are not what they are presented as (RFC 9068 sections 4 and 5)."""

from __future__ import annotations

import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from pyramid_oauth.jose import jws
from pyramid_oauth.jose.json import encode_base64url, encoded_json
from pyramid_oauth.jose.jws import KeySigner
from tests.extensions.jwt_access_tokens.conftest import read_token, sign_with_ring
from tests.extensions.jwt_access_tokens.test_stored import introspect
from tests.support.client_keys import build_assertion_form
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    call_api,
    obtain_tokens,
    parse_redirect,
    request_client_token,
)
from tests.support.key_material import private_key
from tests.support.provider import log_in_browser, log_in_to_client

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture(params=["true", "false"], ids=["stateless", "stored"])
def any_provider(request, new_jwt_provider):
    """A provider of tokens without a row, and one of tokens with a row."""
    return new_jwt_provider(jwt_access_token_stateless=request.param)


def public_pem(provider):
    (key,) = provider.jwks()["keys"]
    public = RSAAlgorithm.from_jwk(json.dumps(key))
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def unsigned(claims, **header):
    parts = {"typ": "at+jwt", "alg": "none", **header}
    return f"{encoded_json(parts)}.{encoded_json(claims)}."


def signed_by_another_key(claims, kid):
    key = KeySigner(private_key("RS256", 99), "RS256", kid)
    return jws.sign(claims, key, typ="at+jwt")


def keyed_by_the_public_key(provider, claims, kid):
    """Sign by HS256 with the public key as the secret, which PyJWT itself refuses."""
    header = {"typ": "at+jwt", "alg": "HS256", "kid": kid}
    data = f"{encoded_json(header)}.{encoded_json(claims)}"
    mac = hmac.new(public_pem(provider), data.encode(), hashlib.sha256).digest()
    return f"{data}.{encode_base64url(mac)}"


def forgeries(provider, token):
    """Yield forgeries of a valid token without a row, by name."""
    claims = read_token(provider, token)
    kid = jwt.get_unverified_header(token)["kid"]
    head, body, signature = token.split(".")
    yield (
        "a changed claim",
        f"{head}.{encoded_json({**claims, 'sub': 'bob'})}." + (signature),
    )
    yield "no signature", f"{head}.{body}."
    yield "alg none", unsigned(claims, kid=kid)
    yield "another key", signed_by_another_key(claims, kid)
    yield "an unknown kid", signed_by_another_key(claims, "unknown")
    yield "key confusion", keyed_by_the_public_key(provider, claims, kid)
    for typ in ("JWT", "logout+jwt", None):
        yield f"typ {typ}", sign_with_ring(provider, claims, typ)
    other = {**claims, "iss": "https://evil.example"}
    yield "another issuer", sign_with_ring(provider, other)
    for name in ("sub", "client_id", "exp", "iat", "jti", "iss"):
        lacking = {key: value for key, value in claims.items() if key != name}
        yield f"no {name}", sign_with_ring(provider, lacking)
    yield "exp is text", sign_with_ring(provider, {**claims, "exp": "never"})
    yield "exp is huge", sign_with_ring(provider, {**claims, "exp": 10**17})


@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.spec("RFC 8725", "3.1")
def test_a_forged_token_is_refused(stateless_provider):
    token = obtain_tokens(stateless_provider, stateless_provider.web)["access_token"]
    assert call_api(stateless_provider, token) == 200
    for name, forged in forgeries(stateless_provider, token):
        assert call_api(stateless_provider, forged) == 401, name
        assert introspect(stateless_provider, forged) == {"active": False}, name


def test_a_token_of_a_missing_grant_is_inactive(stateless_provider):
    token = obtain_tokens(stateless_provider, stateless_provider.web)["access_token"]
    claims = read_token(stateless_provider, token)
    for missing in ("00000000-0000-0000-0000-000000000000", "malformed"):
        other = sign_with_ring(stateless_provider, {**claims, "grant_id": missing})
        assert introspect(stateless_provider, other) == {"active": False}


@pytest.mark.spec("RFC 9068", "5")
def test_an_id_token_is_no_access_token(any_provider):
    provider = any_provider
    id_token = log_in_to_client(provider, provider.web)["id_token"]
    assert call_api(provider, id_token) == 401
    headers = {"Authorization": f"Bearer {id_token}"}
    provider.browser().get("/oauth/userinfo", headers=headers, status=401)
    assert introspect(provider, id_token) == {"active": False}


@pytest.mark.spec("RFC 9068", "5")
def test_an_access_token_is_no_id_token_hint(any_provider):
    token = log_in_to_client(any_provider, any_provider.web)["access_token"]
    answer = any_provider.browser().get(
        "/oauth/authorize",
        build_authorization_request(scope="openid", nonce="n", id_token_hint=token),
    )
    assert parse_redirect(answer)["error"] == "invalid_request"


@pytest.mark.spec("RFC 9068", "5")
def test_an_access_token_does_not_log_out(any_provider):
    browser = log_in_browser(any_provider)
    token = log_in_to_client(any_provider, any_provider.web)["access_token"]
    browser.get("/oauth/end_session", {"id_token_hint": token}, status=400)
    assert "code" in parse_redirect(authorize_client(browser))


@pytest.mark.spec("RFC 9068", "5")
def test_an_access_token_is_no_client_assertion_and_no_request_object(any_provider):
    keys = any_provider.jwks()
    any_provider.register_client(
        client_id="robot",
        name="Robot",
        redirect_uris="https://client.example/cb",
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks": keys},
    )
    own = request_client_token(any_provider, any_provider.web).json["access_token"]
    claims = {**read_token(any_provider, own), "sub": "robot", "client_id": "robot"}
    token = sign_with_ring(any_provider, claims)
    browser = any_provider.browser()
    form = build_assertion_form(token)
    refused = browser.post("/oauth/token", form, status=401)
    assert refused.json["error"] == "invalid_client"
    answer = browser.get(
        "/oauth/authorize",
        build_authorization_request(client_id="robot", request=token),
        expect_errors=True,
    )
    assert "code" not in (answer.location or "")


@pytest.mark.parametrize(
    "token",
    [
        "..",
        "a.b.c",
        "e30.e30.",
        "e30.bnVsbA.x",
        "e30.eyJzdGF0ZWxlc3MiOnRydWV9.x",
        f"{encoded_json({'alg': 5})}.{encoded_json({'stateless': True})}.x",
        f"{encoded_json({'alg': 'RS256'})}.{encoded_json({'stateless': True})}.x",
        f"e30.{encode_base64url(b'[' * 5000)}.x",
        f"e30.{encode_base64url(bytes(range(256)))}.x",
    ],
)
def test_no_malformed_token_is_a_server_error(stateless_provider, token):
    assert call_api(stateless_provider, token) == 401
    assert introspect(stateless_provider, token) == {"active": False}
    form = {"token": token, **stateless_provider.web}
    stateless_provider.browser().post("/oauth/revoke", form, status=200)
