"""Malformed tokens and keys raise the documented exceptions (property-based)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramid_oauth.jose.errors import InvalidToken, KeysError, UnusableKey
from pyramid_oauth.jose.jwe import decrypt, encrypt
from pyramid_oauth.jose.jwk import from_jwk, from_pem, generate, public_keys, secret_key
from pyramid_oauth.jose.jws import (
    secret_signer,
    sign,
    unsigned_claims,
    unverified_header,
    verify,
)
from tests.support.examples import at_most
from tests.support.key_material import (
    CONTENT,
    MACS,
    MANAGEMENT,
    SECRET,
    SIGNATURES,
    build_key_ring,
)

SIGNING_KEYS = [k.public for k in build_key_ring("RS256", "ES256", "ES512", "EdDSA")]
SIGNING_KEYS.append(secret_key(SECRET, "HS256"))
DECRYPTING = build_key_ring("RSA-OAEP", "ECDH-ES+A128KW")
KNOWN = {*SIGNATURES, *MACS, *MANAGEMENT}
OPTIONS = settings(max_examples=at_most(150))


def read_signed(token: str) -> Any:
    """Verify a token with every algorithm allowed."""
    return verify(token, SIGNING_KEYS, algorithms=[*SIGNATURES, *MACS])


def read_encrypted(token: str) -> Any:
    """Decrypt a token with every algorithm allowed."""
    return decrypt(
        token,
        DECRYPTING.decryption_keys(),
        algorithms=[*MANAGEMENT, "dir"],
        content=CONTENT,
    )


READERS: list[Callable[[str], Any]] = [read_signed, read_encrypted, unsigned_claims]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(
    ["alg", "enc", "kid", "typ", "crit", "b64", "epk", "apu", "zip", "jwk", "iv"]
)
algs = st.sampled_from([*SIGNATURES, *MACS, *MANAGEMENT, "dir", "none", "A128GCMKW"])
headers = st.builds(
    lambda members, alg, enc: {**members, **alg, **enc},
    st.dictionaries(names, json_values, max_size=4),
    st.fixed_dictionaries({}, optional={"alg": algs}),
    st.fixed_dictionaries({}, optional={"enc": st.sampled_from(CONTENT)}),
)


def encode_part(value: Any) -> str:
    """JSON or bytes as base64url."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


segments = st.one_of(
    st.text(max_size=30),
    st.binary(max_size=80).map(encode_part),
    json_values.map(encode_part),
)
tokens = st.one_of(
    st.text(max_size=60),
    st.lists(segments, min_size=1, max_size=6).map(".".join),
    st.builds(
        lambda header, rest: ".".join([encode_part(header), *rest]),
        headers | json_values,
        st.lists(segments, min_size=2, max_size=4),
    ),
)


@OPTIONS
@given(tokens)
def test_a_random_text_is_an_invalid_token(token: str) -> None:
    """Random texts, and texts similar enough to tokens to reach every parser."""
    for reader in READERS:
        with suppress(InvalidToken):
            assert reader(token) is not None


VALID_TOKENS = [
    *(
        sign({"sub": "alice"}, k, typ="JWT")
        for k in build_key_ring("RS256", "ES256", "EdDSA")
    ),
    sign({"sub": "alice"}, secret_signer(SECRET, "HS256"), typ=None),
    *(
        encrypt("hello", key, alg=alg, enc="A128CBC-HS256", cty=None)
        for key, alg in zip(
            DECRYPTING.decryption_keys(), ("RSA-OAEP", "ECDH-ES+A128KW"), strict=True
        )
    ),
]


@OPTIONS
@given(st.sampled_from(VALID_TOKENS), st.data())
def test_a_valid_token_with_one_change_is_invalid(token: str, data: Any) -> None:
    """One character replaced, removed or added, at any position."""
    place = data.draw(st.integers(0, len(token) - 1))
    alphabet = st.characters(codec="ascii")
    replacement = data.draw(st.text(alphabet, max_size=2))
    changed = token[:place] + replacement + token[place + 1 :]
    for reader in READERS:
        if changed == token:
            continue
        with pytest.raises(InvalidToken):
            reader(changed)


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b'{"a":"\\ud800"}',
        b'{"a":' + b"1" * 5000 + b"}",
        b'{"a":' + b"[" * 50000 + b"]" * 50000 + b"}",
    ],
    ids=lambda payload: payload[:12].decode("latin-1"),
)
def test_a_signed_payload_that_is_no_json_is_refused(payload: bytes) -> None:
    """A valid signature does not make the payload valid."""
    signer = secret_signer(SECRET, "HS256")
    signing_input = f"{encode_part({'alg': 'HS256'})}.{encode_part(payload)}"
    token = f"{signing_input}.{encode_part(signer.sign(signing_input.encode()))}"
    with pytest.raises(InvalidToken):
        read_signed(token)


def test_an_oversized_token_is_refused() -> None:
    """It is refused before it is decoded."""
    with pytest.raises(InvalidToken):
        unverified_header("A" * 1_000_000)


jwks = st.fixed_dictionaries(
    {},
    optional={
        "kty": st.sampled_from(["RSA", "EC", "OKP", "oct"]) | json_values,
        "crv": st.sampled_from(["P-256", "Ed25519", "X25519", "Ed448"]) | json_values,
        **dict.fromkeys(("n", "e", "x", "y", "d", "k"), segments | json_values),
        **dict.fromkeys(("kid", "use", "alg", "key_ops", "x5c"), json_values),
    },
)


@OPTIONS
@given(jwks)
def test_a_malformed_jwk_is_refused_or_ignored(jwk: dict[str, Any]) -> None:
    """A single JWK is refused; in a set it is ignored (RFC 7517 section 5)."""
    with suppress(UnusableKey):
        assert from_jwk(jwk).key_type in ("RSA", "EC", "OKP")
    valid = build_key_ring("ES256").public_jwks()["keys"][0]
    keys = public_keys({"keys": [jwk, valid]})
    assert keys[-1].kid == valid["kid"]


@OPTIONS
@given(json_values)
def test_a_malformed_key_set_document_is_an_empty_set(document: Any) -> None:
    """As from the `jwks_uri` of a client."""
    assert public_keys(document) == ()
    assert public_keys({"keys": document}) == ()


@OPTIONS
@given(st.binary(max_size=100) | st.binary(max_size=100).map(lambda b: b"-----" + b))
def test_a_malformed_key_file_is_refused(content: bytes) -> None:
    """Random bytes, and bytes that begin like PEM."""
    with pytest.raises(UnusableKey):
        from_pem(content)


@given(st.text(max_size=8).filter(lambda name: name not in KNOWN))
def test_an_unknown_algorithm_name_is_refused(name: str) -> None:
    """By `generate` and by `secret_key`."""
    for create in (generate, lambda alg: secret_key(SECRET, alg)):
        with pytest.raises(KeysError):
            create(name)
