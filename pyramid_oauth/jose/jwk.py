"""Key material: made, read from JWK and PEM, measured, and shown in public.

RFC 7517, RFC 7518 section 6, RFC 7638 (thumbprints as identifiers).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, JWKRegistry, Key, KeyParameters, OctKey, OKPKey, RSAKey

from pyramid_oauth.jose.algorithms import (
    KEY_MANAGEMENT,
    SIGNING,
    Algorithm,
    signing,
    use_of,
)
from pyramid_oauth.jose.errors import UnusableKey, rejected

__all__ = [
    "Key",
    "OctKey",
    "check_fit",
    "from_jwk",
    "from_pem",
    "generate",
    "natural_algorithm",
    "parsed",
    "private_jwk",
    "public_jwk",
    "public_keys",
    "secret_key",
    "with_metadata",
]

LEAST_RSA_BITS = 2048

MOST_RSA_BITS = 8192

MOST_EXPONENT_BITS = 32

MOST_KEYS = 64

_LOCKED = (b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")

_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}

_NATURAL = {
    "RSA": "RS256",
    "P-256": "ES256",
    "P-384": "ES384",
    "P-521": "ES512",
    "Ed25519": "EdDSA",
    "X25519": "ECDH-ES",
}


def generate(alg: str, *, rsa_bits: int = LEAST_RSA_BITS) -> Key:
    """A new private key fit for `alg`; RSA keys have `rsa_bits` bits."""
    algorithm = SIGNING.get(alg) or KEY_MANAGEMENT.get(alg)
    if algorithm is None or algorithm.symmetric:
        raise UnusableKey(f"no key can be made for {alg!r}")
    if algorithm.key_type == "RSA":
        _check_rsa_bits(rsa_bits)
        return RSAKey.generate_key(rsa_bits)
    if algorithm.key_type == "EC":
        return ECKey.generate_key(algorithm.curves[0])
    return OKPKey.generate_key("Ed25519")


def from_jwk(jwk: Mapping[str, Any]) -> Key:
    """The asymmetric key of a JWK, private or public; UnusableKey where unfit."""
    with rejected("the JWK is malformed", UnusableKey):
        if jwk["kty"] not in _PUBLIC:
            raise UnusableKey("the JWK is not an asymmetric key")
        if jwk["kty"] == "RSA":
            # The library only warns about small keys, and only after the work.
            _check_rsa_bits(len(jwk["n"]) * 6 // 8 * 8)
        key = JWKRegistry.import_key(dict(jwk))
        _check_strength(key)
        return key


def from_pem(pem: bytes, password: bytes | None = None) -> Key:
    """The private key of a PEM file; UnusableKey where it is none or unfit."""
    with rejected("the PEM is malformed", UnusableKey):
        key = _wrapped(_opened_pem(pem, password))
        _check_strength(key)
        return key


def _opened_pem(pem: bytes, password: bytes | None) -> object:
    locked = any(sign in pem for sign in _LOCKED)
    if locked and not password:
        raise UnusableKey(
            "the PEM has a password: give signing_key_password, or --password-file"
        )
    try:
        # The library refuses a password where none is needed.
        return load_pem_private_key(pem, password if locked else None)
    except ValueError as error:
        if locked:
            raise UnusableKey("the password does not open the PEM") from error
        raise


def _wrapped(native: object) -> Key:
    if isinstance(native, RSAPrivateKey):
        _check_rsa_bits(native.key_size)
        return RSAKey.import_key(native)
    if isinstance(native, EllipticCurvePrivateKey):
        return ECKey.import_key(native)
    if isinstance(native, (Ed25519PrivateKey, X25519PrivateKey)):
        return OKPKey.import_key(native)
    raise UnusableKey("the PEM holds no RSA, EC, Ed25519 or X25519 private key")


def _check_rsa_bits(bits: int) -> None:
    # The lower bound is RFC 7518 section 3.3; the upper keeps one foreign key
    # from costing seconds of arithmetic.
    if not LEAST_RSA_BITS <= bits <= MOST_RSA_BITS:
        bounds = f"{LEAST_RSA_BITS} to {MOST_RSA_BITS}"
        raise UnusableKey(f"an RSA key has {bits} bits; {bounds} are accepted")


def _check_strength(key: Key) -> None:
    if isinstance(key, RSAKey):
        _check_rsa_bits(key.public_key.key_size)
        # Each bit is a squaring for whoever verifies; the usual 65537 has 17.
        if key.public_key.public_numbers().e.bit_length() > MOST_EXPONENT_BITS:
            raise UnusableKey("the exponent of an RSA key is needlessly long")
    elif isinstance(key, (ECKey, OKPKey)) and key.curve_name not in _NATURAL:
        raise UnusableKey(f"the curve {key.curve_name} is not supported")


def public_jwk(key: Key, **members: str) -> dict[str, str]:
    """Only the public members of an asymmetric key, with `kid` and `members`.

    Built from a list of what may leave, so that no private member ever can.
    """
    if key.key_type not in _PUBLIC:
        raise UnusableKey("a symmetric key has no public half")
    shown = {name: str(key[name]) for name in _PUBLIC[key.key_type]}
    return {"kty": key.key_type, **shown, "kid": key.thumbprint(), **members}


def with_metadata(key: Key, *, kid: str, alg: str, private: bool) -> Key:
    """The same material, parsed no second time, under our own `kid`, `use`, `alg`.

    Whatever else its JWK said is dropped.
    """
    label: KeyParameters = {"kid": kid, "use": use_of(alg), "alg": alg}
    check_fit(key, SIGNING.get(alg) or KEY_MANAGEMENT[alg])
    if isinstance(key, RSAKey):
        return RSAKey.import_key(key.raw_value if private else key.public_key, label)
    if isinstance(key, ECKey):
        return ECKey.import_key(key.raw_value if private else key.public_key, label)
    if isinstance(key, OKPKey):
        return OKPKey.import_key(key.raw_value if private else key.public_key, label)
    raise UnusableKey("a ring holds no symmetric keys")


def private_jwk(key: Key) -> dict[str, Any]:
    """All members of a private key, to be sealed at once; UnusableKey without one."""
    if not key.is_private or key.key_type not in _PUBLIC:
        raise UnusableKey("the key is not a private key")
    return dict(key.as_dict(private=True))


def natural_algorithm(key: Key) -> str:
    """The signature algorithm a key without an `alg` member is taken for."""
    curve = key.curve_name if isinstance(key, (ECKey, OKPKey)) else key.key_type
    return _NATURAL[curve]


def check_fit(key: Key, algorithm: Algorithm) -> None:
    """UnusableKey unless the key's type, curve, `use` and `alg` suit the algorithm."""
    curve = key.curve_name if isinstance(key, (ECKey, OKPKey)) else ""
    types = {algorithm.key_type} | ({"OKP"} if "X25519" in algorithm.curves else set())
    if key.key_type not in types or (
        algorithm.curves and curve not in algorithm.curves
    ):
        raise UnusableKey(f"a {key.key_type} {curve} key does not fit {algorithm.name}")
    use = "sig" if algorithm.name in SIGNING else "enc"
    if key.get("use", use) != use or key.get("alg", algorithm.name) != algorithm.name:
        raise UnusableKey(f"the key is meant for something else than {algorithm.name}")


def public_keys(jwks: Mapping[str, Any]) -> tuple[Key, ...]:
    """The asymmetric keys of a JWK set; those not understood are left out.

    RFC 7517 section 5. `jwks` is what a client published: any JSON. Only the first
    `MOST_KEYS` entries are looked at.
    """
    entries = jwks.get("keys") if isinstance(jwks, Mapping) else None
    offered = entries if isinstance(entries, list) else []
    return tuple(_understood(offered[:MOST_KEYS]))


def _understood(entries: Iterable[Any]) -> Iterable[Key]:
    for entry in entries:
        try:
            with rejected("not a key", UnusableKey):
                yield from_jwk(_without_private(entry))
        except UnusableKey:
            continue


def _without_private(entry: Mapping[str, Any]) -> dict[str, Any]:
    # A client that publishes its private key by mistake must not lend it to us.
    kept = ("kty", *_PUBLIC.get(entry["kty"], ()), "kid", "use", "alg", "key_ops")
    return {name: entry[name] for name in kept if name in entry}


def secret_key(secret: str | bytes, alg: str) -> OctKey:
    """A client secret as the key of HS256-512; UnusableKey where it is too short.

    RFC 7518 section 3.2: at least as long as the hash output.
    """
    octets = secret.encode() if isinstance(secret, str) else secret
    least = int(signing(alg).name[2:]) // 8 if signing(alg).symmetric else 0
    if not least or len(octets) < least:
        raise UnusableKey(f"the secret cannot be a key for {alg}")
    with rejected("the secret cannot be a key", UnusableKey):
        return OctKey.import_key(octets)


def parsed(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a JWK file; UnusableKey for anything else."""
    with rejected("the JWK is malformed", UnusableKey):
        value = json.loads(text)
        if not isinstance(value, dict):
            raise UnusableKey("the JWK is not a JSON object")
        return value
