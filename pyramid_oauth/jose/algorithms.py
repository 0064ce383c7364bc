"""Supported algorithms for signatures, key management and content encryption.

RFC 7518 sections 3-5, RFC 8037 section 3, RFC 9864 section 2.2 (Ed25519); `none` is
not supported.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from types import MappingProxyType

from joserfc.jwa import JWEAlgModel, JWEEncModel, JWSAlgModel
from joserfc.jwe import JWERegistry
from joserfc.jws import JWSRegistry

from pyramid_oauth.jose.errors import InvalidToken, UnusableKey


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signature or key management algorithm and the key it needs.

    `digest` is the hashlib name of its hash (EdDSA: SHA-512, RFC 8032 section 5.1);
    `curves` is empty where the key type has none.
    """

    name: str
    key_type: str
    curves: tuple[str, ...] = ()
    digest: str = ""
    symmetric: bool = field(init=False)
    """Whether the key is a secret shared with the client."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "symmetric", self.key_type == "oct")


_CURVE = {"256": "P-256", "384": "P-384", "512": "P-521"}

_AGREEMENT = ("P-256", "P-384", "P-521", "X25519")


ED25519_NAMES = ("EdDSA", "Ed25519")
"""The names of one algorithm, since no other curve is supported (RFC 9864)."""


def _signing() -> dict[str, Algorithm]:
    table = {}
    for family, key_type in (("RS", "RSA"), ("PS", "RSA"), ("ES", "EC"), ("HS", "oct")):
        for bits, curve in _CURVE.items():
            curves = (curve,) if family == "ES" else ()
            name = family + bits
            table[name] = Algorithm(name, key_type, curves, f"sha{bits}")
    for name in ED25519_NAMES:
        table[name] = Algorithm(name, "OKP", ("Ed25519",), "sha512")
    return table


SIGNING = MappingProxyType(_signing())
"""Signature algorithms by name."""

KEY_MANAGEMENT = MappingProxyType(
    {
        "RSA-OAEP": Algorithm("RSA-OAEP", "RSA"),
        "RSA-OAEP-256": Algorithm("RSA-OAEP-256", "RSA"),
        "ECDH-ES": Algorithm("ECDH-ES", "EC", _AGREEMENT),
        "ECDH-ES+A128KW": Algorithm("ECDH-ES+A128KW", "EC", _AGREEMENT),
        "ECDH-ES+A192KW": Algorithm("ECDH-ES+A192KW", "EC", _AGREEMENT),
        "ECDH-ES+A256KW": Algorithm("ECDH-ES+A256KW", "EC", _AGREEMENT),
        "dir": Algorithm("dir", "oct"),
    }
)
"""Key management algorithms by name."""

CONTENT = MappingProxyType(
    {"A128CBC-HS256": 32, "A256CBC-HS512": 64, "A128GCM": 16, "A256GCM": 32}
)
"""Content encryption algorithms: the length of their key in bytes by name."""

ASYMMETRIC_SIGNING = tuple(n for n, a in SIGNING.items() if not a.symmetric)
"""Signature algorithms for published keys, in order."""


def signing(name: str) -> Algorithm:
    """Return the signature algorithm of this name; raise UnusableKey if unknown."""
    if name not in SIGNING:
        raise UnusableKey(f"{name!r} is not a supported signature algorithm")
    return SIGNING[name]


def use_of(name: str) -> str:
    """Return `sig` or `enc` for an algorithm (RFC 7517 section 4.2)."""
    if name in SIGNING:
        return "sig"
    if name in KEY_MANAGEMENT:
        return "enc"
    raise UnusableKey(f"{name!r} is not a supported algorithm")


def model(name: str) -> JWSAlgModel:
    """Return joserfc's implementation of a signature algorithm."""
    return JWSRegistry.algorithms[signing(name).name]


def allowed_model(name: str, algorithms: Collection[str]) -> JWSAlgModel:
    """Return the implementation of an allowed algorithm, or raise InvalidToken.

    joserfc treats an empty list as "its recommendations" and warns about EdDSA, the
    name that relying parties use.
    """
    if name not in SIGNING or name not in algorithms:
        raise InvalidToken("the signature algorithm is not allowed")
    return model(name)


class SignatureHeaders(JWSRegistry):
    """joserfc's checks of the registered header parameters of signed tokens.

    `b64` (RFC 7797) is not supported.
    """

    def __init__(self) -> None:
        super().__init__(strict_check_header=False)
        del self.header_registry["b64"]


class AllowedEncryption(JWERegistry):
    """joserfc's registry of encryption algorithms, restricted to lists."""

    max_protected_header_length = 8192
    max_encrypted_key_length = 2048
    max_ciphertext_length = 131072

    def __init__(self, algorithms: Collection[str], content: Collection[str]) -> None:
        super().__init__(algorithms=(*algorithms, *content), strict_check_header=False)
        self.management = frozenset(algorithms) & KEY_MANAGEMENT.keys()
        self.content = frozenset(content) & CONTENT.keys()

    def get_alg(self, name: str) -> JWEAlgModel:
        """Return an allowed key management algorithm, or raise InvalidToken."""
        if name not in self.management:
            raise InvalidToken("the key management algorithm is not allowed")
        return self.algorithms["alg"][name]

    def get_enc(self, name: str) -> JWEEncModel:
        """Return an allowed content encryption algorithm, or raise InvalidToken."""
        if name not in self.content:
            raise InvalidToken("the content encryption algorithm is not allowed")
        return self.algorithms["enc"][name]
