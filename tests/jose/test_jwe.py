"""Encryption algorithms, checked against jwcrypto (RFC 7518)."""

from __future__ import annotations

import json
from hashlib import sha256, sha512
from itertools import product

import pytest
from jwcrypto.common import base64url_encode
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from pyramid_oauth.jose.errors import InvalidToken, NoSuchKey, UnknownKey, UnusableKey
from pyramid_oauth.jose.jwe import decrypt, direct_key, encrypt, encryption_key
from pyramid_oauth.jose.jwk import private_jwk, public_keys
from pyramid_oauth.jose.jws import sign
from pyramid_oauth.keystore.key_ring import KeyRing, State
from tests.support.key_material import (
    CONTENT,
    MANAGEMENT,
    SECRET,
    build_key_ring,
    private_key,
    ring_key,
)

PAIRS = list(product(MANAGEMENT, CONTENT))


@pytest.mark.spec("RFC 7518", "4.1")
@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_a_client_decrypts_what_we_encrypt(alg: str, enc: str) -> None:
    """jwcrypto decrypts with the private key of the published set."""
    jwks = build_key_ring(alg).public_jwks()
    key = encryption_key(public_keys(jwks), alg)
    token = encrypt("a.signed.token", key, alg=alg, enc=enc, cty="JWT")
    envelope = JWE(algs=[alg, enc])
    envelope.deserialize(token, JWK(**private_jwk(private_key(alg))))
    assert envelope.payload == b"a.signed.token"
    assert envelope.jose_header["cty"] == "JWT"


@pytest.mark.spec("RFC 7518", "5.1")
@pytest.mark.parametrize(("alg", "enc"), PAIRS)
def test_we_decrypt_what_a_client_encrypts(alg: str, enc: str) -> None:
    """jwcrypto encrypts to our published set."""
    keys = build_key_ring(alg)
    published = keys.public_jwks()["keys"][0]
    assert published["use"] == "enc"
    header = {"alg": alg, "enc": enc, "kid": published["kid"]}
    envelope = JWE(b"a.signed.token", json.dumps(header), algs=[alg, enc])
    envelope.add_recipient(JWK(**published))
    token = envelope.serialize(compact=True)
    content = decrypt(token, keys.decryption_keys(), algorithms=[alg], content=[enc])
    assert content == b"a.signed.token"


@pytest.mark.spec("OpenID Connect Core", "10.2")
@pytest.mark.parametrize("enc", CONTENT)
def test_dir_derives_its_key_from_the_secret(enc: str) -> None:
    """The left part of SHA-256 or SHA-512 of the secret, as long as the content key."""
    digest = sha512 if enc == "A256CBC-HS512" else sha256
    length = {"A128GCM": 16, "A256CBC-HS512": 64}.get(enc, 32)
    octets = digest(SECRET.encode()).digest()[:length]
    key = JWK(kty="oct", k=base64url_encode(octets))
    token = encrypt("hello", direct_key(SECRET, enc), alg="dir", enc=enc, cty=None)
    envelope = JWE(algs=["dir", enc])
    envelope.deserialize(token, key)
    assert envelope.payload == b"hello"


def test_an_encrypted_response_contains_a_signed_one() -> None:
    """Signed, then encrypted (OpenID Connect Core section 10.2)."""
    inner = sign({"sub": "alice"}, build_key_ring("ES256").signer("ES256"), typ="JWT")
    keys = build_key_ring("ECDH-ES")
    key = encryption_key(public_keys(keys.public_jwks()), "ECDH-ES")
    token = encrypt(inner, key, alg="ECDH-ES", enc="A256GCM", cty="JWT")
    content = decrypt(
        token, keys.decryption_keys(), algorithms=["ECDH-ES"], content=["A256GCM"]
    )
    assert content.decode() == inner


@pytest.mark.spec("RFC 8725", "3.1")
def test_only_the_listed_algorithms_are_decrypted() -> None:
    """Both the key management and the content algorithm must be listed."""
    keys = build_key_ring("RSA-OAEP-256")
    token = encrypt_for(keys)
    private = keys.decryption_keys()
    for algs, encs in (
        (["RSA-OAEP"], ["A128GCM"]),
        (["RSA-OAEP-256"], ["A256GCM"]),
        ([], ["A128GCM"]),
        (["RSA-OAEP-256"], []),
    ):
        with pytest.raises(InvalidToken):
            decrypt(token, private, algorithms=algs, content=encs)


def encrypt_for(keys: KeyRing, **more: str) -> str:
    published = keys.public_jwks()["keys"][0]
    header = {"alg": "RSA-OAEP-256", "enc": "A128GCM", **more}
    envelope = JWE(b"x" * 100, json.dumps(header), algs=["RSA-OAEP-256", "A128GCM"])
    envelope.add_recipient(JWK(**published))
    return str(envelope.serialize(compact=True))


@pytest.mark.spec("RFC 8725", "3.6")
def test_compressed_content_is_refused() -> None:
    """The header `zip` is not supported."""
    keys = build_key_ring("RSA-OAEP-256")
    with pytest.raises(InvalidToken):
        decrypt(
            encrypt_for(keys, zip="DEF"),
            keys.decryption_keys(),
            algorithms=["RSA-OAEP-256"],
            content=["A128GCM"],
        )


@pytest.mark.spec("RFC 7516", "11.5")
def test_an_altered_token_gives_the_same_error_everywhere() -> None:
    """Every altered part raises the same error with the same text."""
    keys = build_key_ring("RSA-OAEP-256")
    parts = encrypt_for(keys).split(".")
    texts = set()
    for index in range(1, 5):
        changed = parts.copy()
        changed[index] = ("B" if changed[index][0] == "A" else "A") + changed[index][1:]
        with pytest.raises(InvalidToken) as failure:
            decrypt(
                ".".join(changed),
                keys.decryption_keys(),
                algorithms=["RSA-OAEP-256"],
                content=["A128GCM"],
            )
        texts.add(str(failure.value))
    assert texts == {"the token cannot be decrypted"}


def test_an_unknown_kid_has_its_own_error() -> None:
    """The caller can then distinguish a rotated key from an altered token."""
    keys = build_key_ring("RSA-OAEP-256")
    token = encrypt_for(keys, kid="someone-elses")
    with pytest.raises(UnknownKey):
        decrypt(
            token,
            keys.decryption_keys(),
            algorithms=["RSA-OAEP-256"],
            content=["A128GCM"],
        )


def test_a_signing_key_of_a_client_is_not_used_for_encryption() -> None:
    """`use` and `alg` of the client's keys are respected."""
    jwks = build_key_ring("RS256").public_jwks()
    with pytest.raises(NoSuchKey):
        encryption_key(public_keys(jwks), "RSA-OAEP")


def test_no_key_is_derived_for_an_unknown_algorithm() -> None:
    """Nor from an empty secret."""
    for secret, enc in ((SECRET, "A192GCM"), ("", "A128GCM")):
        with pytest.raises(UnusableKey):
            direct_key(secret, enc)


def test_a_retiring_encryption_key_still_decrypts_but_is_not_published() -> None:
    """Clients with a cached set still use it; others use the new key."""
    alg = "RSA-OAEP-256"
    old, new = ring_key(alg, State.RETIRING), ring_key(alg, State.ACTIVE, 1)
    token = encrypt_for(build_key_ring(alg))
    keys = KeyRing([old, new])
    assert [jwk["kid"] for jwk in keys.public_jwks()["keys"]] == [new.kid]
    content = decrypt(
        token, keys.decryption_keys(), algorithms=[alg], content=["A128GCM"]
    )
    assert content == b"x" * 100
