"""ID Tokens in `id_token_hint` (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import json

import jwt
import pytest
from jwcrypto import jwe, jwk
from jwt.algorithms import RSAAlgorithm
from pyramid.request import Request
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.extensions.openid.id_token_hint import audience, verify_id_token_hint
from pyramid_oauth.jose.errors import InvalidToken
from tests.support.jose_inputs import Sender, make_refused_tokens
from tests.support.key_material import private_key
from tests.support.provider import log_in_to_client

HS256 = {"id_token_signed_response_alg": "HS256"}
DAY = 86400


def verify_hint(provider, token, **options):
    """The claims of a hint that the server accepts."""
    request = Request.blank("/")
    request.registry = provider.wsgi.registry
    with Session(provider.engine) as session:
        request.dbsession = session
        return verify_id_token_hint(provider.server, request, token, **options)


def test_an_expired_id_token_is_accepted_as_a_hint(provider, web_client):
    token = log_in_to_client(provider, web_client)["id_token"]
    with clock.frozen() as time:
        time.advance(30 * DAY)
        claims = verify_hint(provider, token)
    assert claims["sub"] == "alice"
    assert audience(claims) == ["web"]


@pytest.mark.spec("RFC 8725", "3")
def test_hostile_hints_are_refused(provider, web_client):
    """The times of a hint are not compared; its audience is for the caller."""
    key = private_key("ES256", 5)
    with provider.keys() as store:
        store.promote(store.add(key, "ES256").kid)
    real = log_in_to_client(provider, web_client)["id_token"]
    claims = jwt.decode(real, options={"verify_signature": False})
    sender = Sender(key, claims)
    assert verify_hint(provider, sender.sign())["sub"] == "alice"
    of_the_caller = ("claims {'aud': 'https", "claims {'exp'", "claims {'nbf'")
    for label, token in make_refused_tokens(sender):
        if not label.startswith(of_the_caller):
            with pytest.raises(InvalidToken):
                pytest.fail(f"{label}: {verify_hint(provider, token)}")


def test_an_id_token_signed_by_the_client_secret_is_accepted_as_a_hint(provider):
    client = provider.register_client(client_metadata=HS256)
    token = log_in_to_client(provider, client)["id_token"]
    assert verify_hint(provider, token)["sub"] == "alice"
    forged = jwt.encode(
        jwt.decode(token, options={"verify_signature": False}), "x" * 32, "HS256"
    )
    with pytest.raises(InvalidToken):
        verify_hint(provider, forged)


def test_a_token_that_the_client_made_with_its_secret_is_refused(provider):
    # The secret signs its UserInfo; its ID Tokens are signed by a key of the server.
    metadata = {"userinfo_signed_response_alg": "HS256"}
    client = provider.register_client(client_metadata=metadata)
    claims = jwt.decode(
        log_in_to_client(provider, client)["id_token"],
        options={"verify_signature": False},
    )
    with pytest.raises(InvalidToken):
        verify_hint(provider, jwt.encode(claims, client["client_secret"], "HS256"))


def test_a_public_key_used_as_hmac_secret_is_refused(provider, web_client):
    token = log_in_to_client(provider, web_client)["id_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    (published,) = provider.jwks()["keys"]
    with pytest.raises(InvalidToken):
        verify_hint(provider, jwt.encode(claims, published["n"], "HS256"))
    with pytest.raises(InvalidToken):
        verify_hint(provider, jwt.encode(claims, None, "none"))


def test_a_retired_key_is_accepted_only_on_request(provider, web_client):
    token = log_in_to_client(provider, web_client)["id_token"]
    kid = jwt.get_unverified_header(token)["kid"]
    with provider.keys() as store:
        store.retire(kid)
        record = store.get(kid)
        record.state, record.sealed = "retired", None
    with pytest.raises(InvalidToken):
        verify_hint(provider, token)
    assert verify_hint(provider, token, retired=True)["sub"] == "alice"


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_token_signed_by_a_compromised_key_is_refused(provider, web_client):
    token = log_in_to_client(provider, web_client)["id_token"]
    with provider.keys() as store:
        store.retire(jwt.get_unverified_header(token)["kid"], compromised=True)
    with pytest.raises(InvalidToken):
        verify_hint(provider, token, retired=True)


def test_a_signed_userinfo_response_is_refused_as_a_hint(provider):
    metadata = {"userinfo_signed_response_alg": "RS256"}
    client = provider.register_client(client_metadata=metadata)
    token = log_in_to_client(provider, client)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = provider.browser().get("/oauth/userinfo", headers=headers)
    with pytest.raises(InvalidToken, match="not an ID Token"):
        verify_hint(provider, answer.text)


def test_a_token_of_another_issuer_is_refused_even_with_our_key(new_provider, tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(private_key("RS256").as_pem(private=True))
    provider = new_provider(signing_key_files=str(path), keys=())
    claims = {"iss": "https://other.example", "sub": "a", "aud": "web", "exp": 1}
    kid = private_key("RS256").thumbprint()
    token = jwt.encode(
        {**claims, "iat": 1}, path.read_bytes(), "RS256", headers={"kid": kid}
    )
    with pytest.raises(InvalidToken, match="another issuer"):
        verify_hint(provider, token)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_a_client_may_encrypt_the_hint_to_the_server(new_provider):
    provider = new_provider(
        signing_algorithms="RS256 RSA-OAEP", keys=("RS256", "RSA-OAEP")
    )
    token = log_in_to_client(provider, provider.register_client())["id_token"]
    (ours,) = [key for key in provider.jwks()["keys"] if key["use"] == "enc"]
    header = {"alg": "RSA-OAEP", "enc": "A128GCM", "cty": "JWT", "kid": ours["kid"]}
    sealed = jwe.JWE(token, json.dumps(header), recipient=jwk.JWK(**ours))
    assert verify_hint(provider, sealed.serialize(compact=True))["sub"] == "alice"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b.c.d.e", "é.é.é", "." * 5])
def test_a_hint_that_is_no_jwt_is_refused(provider, token):
    with pytest.raises(InvalidToken):
        verify_hint(provider, token)


def test_a_token_signed_by_an_unknown_key_is_refused(provider, web_client):
    token = log_in_to_client(provider, web_client)["id_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    stranger = RSAAlgorithm.from_jwk(
        json.dumps(jwk.JWK.generate(kty="RSA", size=2048).export(as_dict=True))
    )
    kid = jwt.get_unverified_header(token)["kid"]
    for headers in ({}, {"kid": kid}, {"kid": "unknown"}):
        with pytest.raises(InvalidToken):
            verify_hint(
                provider, jwt.encode(claims, stranger, "RS256", headers=headers)
            )
