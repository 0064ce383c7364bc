"""Hypothesis strategies of JWTs without the signature that a recipient demands."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.support.jose_inputs import FOREIGN_URL, Sender, encode_segment, sign_text
from tests.support.jwt_mutations import Mutation, encode, header_of
from tests.support.key_material import private_key

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the group of P-256 (SEC 2 version 2.0 section 2.4.2)."""

NO_SIGNATURE = ("none", "None", "NONE", "nOnE", "", "null", "none ", "no\u0275e")


def _numbers(sender: Sender) -> tuple[str, int, int]:
    """The signing input and the numbers of the signature, r and s."""
    text, _, signature = sender.sign().rpartition(".")
    raw = urlsafe_b64decode(f"{signature}==")
    return text, int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


def _pair(r: int, s: int, size: int = 32) -> bytes:
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


OTHER_NUMBERS: dict[str, Callable[[int, int], bytes]] = {
    "zeros": lambda r, s: _pair(0, 0),
    "zero s": lambda r, s: _pair(r, 0),
    "the order": lambda r, s: _pair(ORDER, ORDER),
    "r + 1": lambda r, s: _pair(r + 1, s),
    "swapped": lambda r, s: _pair(s, r),
    "ones": lambda r, s: b"\xff" * 64,
    "DER": encode_dss_signature,
    "wide numbers": lambda r, s: _pair(r, s, 66),
    "r alone": lambda r, s: r.to_bytes(32, "big"),
}


def _with_numbers(change: Callable[[int, int], bytes], sender: Sender) -> str:
    text, r, s = _numbers(sender)
    return f"{text}.{encode(change(r, s))}"


SIGNATURES = st.sampled_from(sorted(OTHER_NUMBERS)).map(
    lambda name: Mutation(
        f"signature: {name}", partial(_with_numbers, OTHER_NUMBERS[name])
    )
)
OTHER_HALF = Mutation(
    # Both s and -s satisfy the equation (FIPS 186-5 section 6.4.2).
    "signature: the order minus s",
    partial(_with_numbers, lambda r, s: _pair(r, ORDER - s)),
    is_harmless=True,
)
RANDOM_SIGNATURES = st.binary(max_size=140).map(
    lambda raw: Mutation(
        f"signature {raw!r}",
        lambda sender: f"{sender.sign().rpartition('.')[0]}.{encode(raw)}",
    )
)


def _unsigned(name: str, keeps_signature: bool, sender: Sender) -> str:
    head = encode_segment({**header_of(sender), "alg": name})
    signature = sender.sign().rpartition(".")[2] if keeps_signature else ""
    return f"{head}.{encode_segment(sender.claims)}.{signature}"


UNSIGNED = st.builds(
    lambda name, keeps: Mutation(f"alg {name!r}", partial(_unsigned, name, keeps)),
    st.sampled_from(NO_SIGNATURE),
    st.booleans(),
)


# ---- key confusion (RFC 8725 section 2.1)


def _public_forms(key: ECKey) -> dict[str, bytes]:
    """What an attacker knows of the key, as octets of a secret."""
    native = key.public_key
    jwk = key.as_dict(private=False)
    return {
        "PEM": key.as_pem(private=False),
        "PEM without line end": key.as_pem(private=False).strip(),
        "DER": native.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "point": native.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        "JWK": json.dumps(jwk).encode(),
        "x": str(jwk["x"]).encode(),
        "kid": key.thumbprint().encode(),
        "nothing": b"",
    }


FORMS = sorted(_public_forms(ECKey.generate_key("P-256")))


def _confused(form: str, bits: int, keeps_kid: bool, sender: Sender) -> str:
    header = {**header_of(sender), "alg": f"HS{bits}"}
    if not keeps_kid:
        del header["kid"]
    text = f"{encode_segment(header)}.{encode_segment(sender.claims)}"
    secret = _public_forms(sender.key)[form]
    mac = hmac.new(secret, text.encode(), getattr(hashlib, f"sha{bits}")).digest()
    return f"{text}.{encode(mac)}"


CONFUSED = st.builds(
    lambda form, bits, keeps: Mutation(
        f"HS{bits} by {form}", partial(_confused, form, bits, keeps)
    ),
    st.sampled_from(FORMS),
    st.sampled_from([256, 384, 512]),
    st.booleans(),
)


# ---- another key, and where to find it (RFC 8725 section 3.10)


def _attacker() -> ECKey:
    key = private_key("ES256", 7)
    assert isinstance(key, ECKey)
    return key


def _jwk() -> dict[str, Any]:
    return {**_attacker().as_dict(private=False)}


PLACES: dict[str, Callable[[], Any]] = {
    "jwk": _jwk,
    "jku": lambda: FOREIGN_URL,
    "x5u": lambda: FOREIGN_URL,
    "x5c": lambda: ["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"],
    "kid": lambda: FOREIGN_URL,
    "x5t#S256": lambda: "A" * 43,
    "keys": lambda: {"keys": [_jwk()]},
    "url": lambda: FOREIGN_URL,
}


def _by_attacker(names: list[str], keeps_kid: bool, sender: Sender) -> str:
    header = header_of(sender)
    if not keeps_kid:
        header["kid"] = _attacker().thumbprint()
    # A recipient that takes its key from `jwk` must find the key of the sender there.
    offered = {n: PLACES[n]() for n in names if n != "jwk" or n not in sender.header}
    return sign_text(_attacker(), {**header, **offered}, sender.claims)


OTHER_KEYS = st.builds(
    lambda names, keeps: Mutation(
        f"another key in {names}", partial(_by_attacker, names, keeps)
    ),
    st.lists(st.sampled_from(sorted(PLACES)), max_size=3, unique=True),
    st.booleans(),
)


def _by_other_algorithm(alg: str, sender: Sender) -> str:
    """The header names an algorithm of another key type."""
    return sign_text(sender.key, {**header_of(sender), "alg": alg}, sender.claims)


OTHER_ALGORITHMS = st.sampled_from(
    [
        *("RS256", "PS256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448", "ES256K"),
        *("es256", "ES256\0", "RSA-OAEP", "dir", "A256GCMKW", "ML-DSA-65", "RS1"),
    ]
).map(lambda alg: Mutation(f"alg {alg!r}", partial(_by_other_algorithm, alg)))


# ---- encrypted where a signed token belongs


def _encrypt(alg: str, header: dict[str, Any], sender: Sender) -> str:
    keys = {
        "dir": lambda: OctKey.import_key(b"k" * 16),
        "A128KW": lambda: OctKey.import_key(b"k" * 16),
        "RSA-OAEP-256": lambda: private_key("RS256"),
        "ECDH-ES": _attacker,
    }
    registry = jwe.JWERegistry(
        algorithms=[alg, "A128GCM", "DEF"], strict_check_header=False
    )
    whole = {"alg": alg, "enc": "A128GCM", "cty": "JWT", **header}
    key: Any = keys[alg]()
    assert isinstance(key, (ECKey, OctKey, RSAKey))
    return jwe.encrypt_compact(whole, sender.sign().encode(), key, registry=registry)


ENCRYPTED = st.builds(
    lambda alg, header: Mutation(
        f"encrypted by {alg} {header}", partial(_encrypt, alg, header)
    ),
    st.sampled_from(["dir", "A128KW", "RSA-OAEP-256", "ECDH-ES"]),
    st.fixed_dictionaries(
        {}, optional={"zip": st.just("DEF"), "kid": st.sampled_from(["x", "\0"])}
    ),
)
EXPENSIVE = st.builds(
    lambda count, salt: Mutation(
        f"PBES2 {count}",
        lambda sender: ".".join(
            [
                encode_segment(
                    {
                        "alg": "PBES2-HS512+A256KW",
                        "enc": "A128GCM",
                        "p2c": count,
                        "p2s": "A" * salt,
                    }
                ),
                "A" * 54,
                *("A" * 16, "AAAA", "A" * 22),
            ]
        ),
    ),
    st.sampled_from([10**6, 2**31 - 1, 2**63]),
    st.sampled_from([8, 4000]),
)

FORGERIES = st.one_of(
    *(SIGNATURES, st.just(OTHER_HALF), RANDOM_SIGNATURES, UNSIGNED, CONFUSED),
    *(OTHER_KEYS, OTHER_ALGORITHMS, ENCRYPTED, EXPENSIVE),
)
