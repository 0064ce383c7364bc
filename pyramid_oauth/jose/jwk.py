"""Keys: generation, import from JWK and PEM, checks, and export as JWK.

RFC 7517, RFC 7518 section 6, RFC 7638 (thumbprints as identifiers).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, JWKRegistry, Key, KeyParameters, OctKey, OKPKey, RSAKey

from pyramid_oauth.jose.algorithms import (
    ED25519_NAMES,
    KEY_MANAGEMENT,
    SIGNING,
    Algorithm,
    signing,
    use_of,
)
from pyramid_oauth.jose.errors import InvalidToken, UnusableKey, rejected
from pyramid_oauth.jose.json import json_object

__all__ = [
    "Key",
    "OctKey",
    "check_fit",
    "default_algorithm",
    "from_jwk",
    "from_pem",
    "generate",
    "parsed",
    "private_jwk",
    "public_jwk",
    "public_keys",
    "secret_key",
    "with_metadata",
]

MIN_RSA_BITS = 2048

MAX_RSA_BITS = 8192

MAX_EXPONENT_BITS = 32

MAX_KEYS = 64

_ENCRYPTED_PEM = (b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")

_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}

_DEFAULT_ALGORITHMS = {
    "RSA": "RS256",
    "P-256": "ES256",
    "P-384": "ES384",
    "P-521": "ES512",
    "Ed25519": "EdDSA",
    "X25519": "ECDH-ES",
}


def generate(alg: str, *, rsa_bits: int = MIN_RSA_BITS) -> Key:
    """Generate a private key for `alg`; RSA keys have `rsa_bits` bits."""
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
    """Import an asymmetric key from a JWK; raise UnusableKey if unsuitable."""
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
    """Import a private key from PEM; raise UnusableKey if unsuitable."""
    with rejected("the PEM is malformed", UnusableKey):
        key = _import_native_key(_load_pem(pem, password))
        _check_strength(key)
        return key


def _load_pem(pem: bytes, password: bytes | None) -> object:
    is_encrypted = any(marker in pem for marker in _ENCRYPTED_PEM)
    if is_encrypted and not password:
        raise UnusableKey(
            "the PEM has a password: give signing_key_password, or --password-file"
        )
    try:
        # The library refuses a password where none is needed.
        return load_pem_private_key(pem, password if is_encrypted else None)
    except ValueError as error:
        if is_encrypted:
            raise UnusableKey("the password does not open the PEM") from error
        raise


def _import_native_key(native: object) -> Key:
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
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        bounds = f"{MIN_RSA_BITS} to {MAX_RSA_BITS}"
        raise UnusableKey(f"an RSA key has {bits} bits; {bounds} are accepted")


def _check_strength(key: Key) -> None:
    if isinstance(key, RSAKey):
        _check_rsa_bits(key.public_key.key_size)
        # Each bit costs a squaring per verification; the usual 65537 has 17 bits.
        if key.public_key.public_numbers().e.bit_length() > MAX_EXPONENT_BITS:
            raise UnusableKey("the exponent of an RSA key is needlessly long")
    elif isinstance(key, (ECKey, OKPKey)) and key.curve_name not in _DEFAULT_ALGORITHMS:
        raise UnusableKey(f"the curve {key.curve_name} is not supported")


def public_jwk(key: Key, **members: str) -> dict[str, str]:
    """Return the public members of an asymmetric key, with `kid` and `members`.

    Only members of an allow list are copied, so that no private member can leak.
    """
    if key.key_type not in _PUBLIC:
        raise UnusableKey("a symmetric key has no public half")
    public_members = {name: str(key[name]) for name in _PUBLIC[key.key_type]}
    return {"kty": key.key_type, **public_members, "kid": key.thumbprint(), **members}


def with_metadata(key: Key, *, kid: str, alg: str, private: bool) -> Key:
    """Return the same key with our `kid`, `use` and `alg`, without parsing it again.

    Other members of its JWK are dropped.
    """
    label: KeyParameters = {"kid": kid, "use": use_of(alg), "alg": alg}
    check_fit(key, SIGNING.get(alg) or KEY_MANAGEMENT[alg])
    if isinstance(key, RSAKey):
        return RSAKey.import_key(key.raw_value if private else key.public_key, label)
    if isinstance(key, ECKey):
        return ECKey.import_key(key.raw_value if private else key.public_key, label)
    if isinstance(key, OKPKey):
        return OKPKey.import_key(key.raw_value if private else key.public_key, label)
    raise UnusableKey("a key ring cannot hold symmetric keys")


def private_jwk(key: Key) -> dict[str, Any]:
    """Return all members of a private key for encryption at rest, or UnusableKey."""
    if not key.is_private or key.key_type not in _PUBLIC:
        raise UnusableKey("the key is not a private key")
    return dict(key.as_dict(private=True))


def default_algorithm(key: Key) -> str:
    """Return the default signature algorithm for a key without `alg`."""
    curve = key.curve_name if isinstance(key, (ECKey, OKPKey)) else key.key_type
    return _DEFAULT_ALGORITHMS[curve]


def check_fit(key: Key, algorithm: Algorithm) -> None:
    """Raise UnusableKey unless type, curve, `use` and `alg` suit the algorithm."""
    curve = key.curve_name if isinstance(key, (ECKey, OKPKey)) else ""
    types = {algorithm.key_type} | ({"OKP"} if "X25519" in algorithm.curves else set())
    if key.key_type not in types or (
        algorithm.curves and curve not in algorithm.curves
    ):
        raise UnusableKey(f"a {key.key_type} {curve} key does not fit {algorithm.name}")
    use = "sig" if algorithm.name in SIGNING else "enc"
    if key.get("use", use) != use or key.get("alg", algorithm.name) != algorithm.name:
        raise UnusableKey(
            f"the members use and alg of the key do not allow {algorithm.name}"
        )


def public_keys(jwks: Mapping[str, Any]) -> tuple[Key, ...]:
    """Return the asymmetric keys of a client's JWK set; unsupported keys are skipped.

    RFC 7517 section 5. `jwks` is untrusted JSON of any type. Only the first
    `MAX_KEYS` entries are read.
    """
    entries = jwks.get("keys") if isinstance(jwks, Mapping) else None
    offered = entries if isinstance(entries, list) else []
    return tuple(_supported_keys(offered[:MAX_KEYS]))


def _supported_keys(entries: Iterable[Any]) -> Iterable[Key]:
    for entry in entries:
        try:
            with rejected("not a key", UnusableKey):
                yield from_jwk(_public_members(entry))
        except UnusableKey:
            continue


def _public_members(entry: Mapping[str, Any]) -> dict[str, Any]:
    # A private key that a client publishes by mistake must not be used.
    names = ("kty", *_PUBLIC.get(entry["kty"], ()), "kid", "use", "alg", "key_ops")
    members = {name: entry[name] for name in names if name in entry}
    if members.get("crv") == "Ed25519" and members.get("alg") in ED25519_NAMES:
        del members["alg"]  # the library knows the key by one of the names only
    return members


def secret_key(secret: str | bytes, alg: str) -> OctKey:
    """Return a client secret as a key for HS256-512, or raise UnusableKey if too short.

    RFC 7518 section 3.2: at least as long as the hash output.
    """
    octets = secret.encode() if isinstance(secret, str) else secret
    minimum = int(signing(alg).name[2:]) // 8 if signing(alg).symmetric else 0
    if not minimum or len(octets) < minimum:
        raise UnusableKey(f"the secret cannot be a key for {alg}")
    with rejected("the secret cannot be a key", UnusableKey):
        return OctKey.import_key(octets)


def parsed(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object of a JWK file, or raise UnusableKey."""
    try:
        return json_object(text.encode() if isinstance(text, str) else text)
    except InvalidToken as error:
        raise UnusableKey("the JWK is malformed") from error
