"""Hypothesis strategies of JWK sets that another party publishes (RFC 7517)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

from hypothesis import strategies as st

from pyramid_oauth.jose.jwk import public_jwk
from tests.support.jose_inputs import FOREIGN_URL
from tests.support.jwt_mutations import HARMLESS_JSON, JSON_CHANGES, VALUES
from tests.support.key_material import private_key

MEMBERS = st.sampled_from(
    [
        *("kty", "crv", "x", "y", "n", "e", "d", "k", "use", "alg", "kid", "key_ops"),
        *("x5u", "x5c", "x5t", "exp", "oth"),
    ]
)
SECRET = b"a secret that an attacker knows too"
CURVES = ("P-256", "P-384", "secp256k1", "Ed25519", "X25519", "Ed448", "p-256", "")


def _key(alg: str = "ES256") -> dict[str, Any]:
    return {**public_jwk(private_key(alg))}


STRANGE_KEYS: list[Any] = [
    {"kty": "oct", "k": urlsafe_b64encode(SECRET).rstrip(b"=").decode()},
    {"kty": "oct", "k": ""},
    {"kty": "RSA", "n": "AQ", "e": "AQAB"},
    {"kty": "RSA", "n": "_" * 1400, "e": "AQAB"},
    {"kty": "RSA", "n": "_" * 4000, "e": "_" * 4000},
    {"kty": "RSA", "n": "_" * 342, "e": "Ag"},
    {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
    {"kty": "EC", "crv": "P-256", "x": "_" * 43, "y": "_" * 43},
    {"kty": "EC", "crv": "P-256", "x": "A" * 5000, "y": "AA"},
    {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43},
    {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AA"},
    {"kty": "ec", "crv": "P-256"},
    {"x5u": FOREIGN_URL},
    *({"kty": "EC", "crv": curve, "x": "AA", "y": "AA"} for curve in CURVES),
    *(None, 7, "key", [], {}, [{}]),
]


def changed_keys() -> st.SearchStrategy[Any]:
    """A JWK that is not quite the one of `private_key("ES256")`."""
    return st.one_of(
        st.sampled_from(STRANGE_KEYS),
        st.dictionaries(MEMBERS, VALUES, min_size=1, max_size=3).map(
            lambda changes: {**_key(), **changes}
        ),
        st.builds(lambda name: {k: v for k, v in _key().items() if k != name}, MEMBERS),
    )


def key_sets() -> st.SearchStrategy[bytes]:
    """Documents in which the key of `private_key("ES256")` may be missing."""
    whole = json.dumps({"keys": [_key()]})
    changes = {**JSON_CHANGES, **HARMLESS_JSON}
    return st.one_of(
        st.lists(changed_keys(), max_size=4).map(
            lambda keys: json.dumps({"keys": keys}).encode()
        ),
        st.sampled_from(sorted(changes)).map(
            lambda name: changes[name](whole).encode()
        ),
        VALUES.map(lambda value: json.dumps({"keys": value}).encode()),
        VALUES.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=60),
    )


def key_sets_with_the_key() -> st.SearchStrategy[bytes]:
    """Documents in which the key is among others, as after a rotation."""
    return st.builds(
        lambda before, after: json.dumps(
            {"keys": [*before, _key(), *after], "x-unknown": None}
        ).encode(),
        st.lists(st.sampled_from(STRANGE_KEYS), max_size=3),
        st.lists(st.sampled_from(STRANGE_KEYS), max_size=3),
    )
