"""Hypothesis strategies of encrypted JWTs, and an independent strict decryption.

RSA-OAEP-256 and A128GCM only (RFC 7518 sections 4.3 and 5.3), so that a few lines do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from os import urandom
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from tests.support.jose_inputs import Sender, encode_segment
from tests.support.jwt_forgeries import FORGERIES
from tests.support.jwt_mutations import (
    CHANGES,
    HARMLESS,
    HEADER_NAMES,
    JSON_CHANGES,
    SEGMENT_CHANGES,
    VALUES,
    Mutation,
    encode,
)
from tests.support.jwt_readers import NotValid, read_bytes, read_object, require

HEADER = {"alg": "RSA-OAEP-256", "enc": "A128GCM", "cty": "JWT"}

_OAEP = OAEP(MGF1(SHA256()), SHA256(), None)

Content = Callable[[Sender], bytes]


def seal(key: RSAKey, content: bytes, header: Any = None) -> str:
    """Encrypt `content` to `key`, under any header."""
    head = encode_segment(HEADER if header is None else header)
    secret, vector = urandom(16), urandom(12)
    sealed = AESGCM(secret).encrypt(vector, content, head.encode())
    wrapped = key.public_key.encrypt(secret, _OAEP)
    return ".".join([head, *map(encode, (wrapped, vector, sealed[:-16], sealed[-16:]))])


def unseal(key: RSAKey, token: str) -> str:
    """The content of a token for `key`; NotValid if it is malformed."""
    segments = token.split(".")
    require(len(segments) == 5)
    header = read_object(segments[0])
    require((header.get("alg"), header.get("enc")) == ("RSA-OAEP-256", "A128GCM"))
    require("crit" not in header and "zip" not in header)
    wrapped, vector, sealed, tag = map(read_bytes, segments[1:])
    require(len(vector) == 12 and len(tag) == 16)
    assert key.private_key is not None
    try:
        secret = key.private_key.decrypt(wrapped, _OAEP)
        require(len(secret) == 16)
        content = AESGCM(secret).decrypt(vector, sealed + tag, segments[0].encode())
        return content.decode("ascii")
    except (ValueError, InvalidTag) as error:
        raise NotValid from error


def _nested(key: RSAKey, inner: Mutation) -> Mutation:
    def apply(sender: Sender) -> str:
        return seal(key, inner.apply(sender).encode("utf-8", "surrogatepass"))

    return Mutation(f"encrypted: {inner.name}", apply, inner.is_harmless)


def _with_header(key: RSAKey, changes: dict[str, Any]) -> Mutation:
    def apply(sender: Sender) -> str:
        return seal(key, sender.sign().encode(), {**HEADER, **changes})

    return Mutation(f"header of the JWE {changes!r}", apply)


def _with_header_text(key: RSAKey, name: str) -> Mutation:
    def apply(sender: Sender) -> str:
        header = JSON_CHANGES[name](json.dumps(HEADER))
        return seal(key, sender.sign().encode(), header)

    return Mutation(f"header of the JWE: {name}", apply)


def _with_segment(key: RSAKey, name: str, index: int) -> Mutation:
    def apply(sender: Sender) -> str:
        segments = seal(key, sender.sign().encode()).split(".")
        segments[index] = SEGMENT_CHANGES[name](segments[index])
        return ".".join(segments)

    return Mutation(f"segment {index} of the JWE: {name}", apply)


def _with_content(key: RSAKey, raw: bytes) -> Mutation:
    return Mutation(f"encrypted {raw!r}", lambda sender: seal(key, raw))


def sealed_mutations(key: RSAKey) -> st.SearchStrategy[Mutation]:
    """Tokens that are encrypted to `key`, or almost."""
    names = st.sampled_from(sorted(SEGMENT_CHANGES))
    json_names = st.sampled_from(sorted(JSON_CHANGES))
    return st.one_of(
        st.one_of(CHANGES, FORGERIES, HARMLESS).map(partial(_nested, key)),
        st.dictionaries(HEADER_NAMES, VALUES, min_size=1, max_size=2).map(
            partial(_with_header, key)
        ),
        json_names.map(partial(_with_header_text, key)),
        st.builds(partial(_with_segment, key), names, st.integers(0, 4)),
        st.binary(max_size=40).map(partial(_with_content, key)),
    )
