"""Signing and verification of tokens; unverified data has `unverified` in its name.

RFC 7515 section 5.2, RFC 7519 section 7.2, RFC 8725 section 3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from joserfc.jwa import JWSAlgModel

from pyramid_oauth.jose.algorithms import (
    SignatureHeaders,
    allowed_model,
    model,
    signing,
)
from pyramid_oauth.jose.errors import (
    InvalidToken,
    KeysError,
    NoSuchKey,
    UnknownKey,
    UnusableKey,
    rejected,
)
from pyramid_oauth.jose.json import (
    MAX_BYTES,
    decode_base64url,
    encode_base64url,
    encoded_json,
    json_object,
)
from pyramid_oauth.jose.jwk import Key, check_fit, secret_key

LONGEST_HEADER = 8192
"""Characters of the header of a signed token."""

LONGEST_SIGNATURE = 2048
"""Characters of a signature."""

_MOST_HEADERS = 512
"""Headers that are kept parsed: an issuer or a client signs many tokens with one."""

_HEADERS = SignatureHeaders()


@dataclass(frozen=True, slots=True)
class SignedClaims(Mapping[str, Any]):
    """Claims with a valid signature; `header` is the protected header.

    The caller must still validate issuer, audience and times.
    """

    claims: Mapping[str, Any]
    header: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return self.claims[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)


def _parts(token: str) -> list[str]:
    if not isinstance(token, str) or len(token) > MAX_BYTES or not token.isascii():
        raise InvalidToken("not a compact token")
    parts = token.split(".")
    if len(parts) not in (3, 5):
        raise InvalidToken("not a compact token")
    return parts


def is_encrypted(token: str) -> bool:
    """Whether the token has the five parts of JWE (RFC 7516 section 9)."""
    return token.count(".") == 4


def unverified_header(token: str) -> dict[str, Any]:
    """Return the header of a signed or encrypted token, without verification.

    Raise InvalidToken unless it is a JSON object with `alg` and well-formed `kid`,
    `typ`; any `crit` is refused, since no extension is supported (RFC 7515 section
    4.1.11).
    """
    return _parse_header(_parts(token)[0])


def _parse_header(segment: str) -> dict[str, Any]:
    header = json_object(decode_base64url(segment))
    if not isinstance(header.get("alg"), str) or "crit" in header:
        raise InvalidToken("the header has no alg, or a critical extension")
    for name in ("kid", "typ", "cty"):
        if not isinstance(header.get(name, ""), str):
            raise InvalidToken(f"{name} is not text")
    return header


@lru_cache(maxsize=_MOST_HEADERS)
def _signature_header(segment: str) -> Mapping[str, Any]:
    """Return the header of a signed token, its registered parameters checked."""
    if len(segment) > LONGEST_HEADER:
        raise InvalidToken("the header is too long")
    header = _parse_header(segment)
    with rejected("the header is malformed"):
        _HEADERS.check_header(header)
    return MappingProxyType(header)


def unverified_claims(token: str) -> dict[str, Any]:
    """Return the claims of a signed token, without verification.

    Only to select the keys for the verification.
    """
    parts = _parts(token)
    if len(parts) != 3:
        raise InvalidToken("not a signed token")
    return json_object(decode_base64url(parts[1]))


def _type_name(typ: str) -> str:
    # RFC 7515 section 4.1.9: without a slash, `application/` is understood.
    return typ.lower().removeprefix("application/")


def _candidates(keys: Iterable[Key], header: Mapping[str, Any]) -> Iterator[Key]:
    kid = header.get("kid")
    for key in keys:
        if kid is None or key.kid is None or key.kid == kid:
            try:
                check_fit(key, signing(header["alg"]))
            except UnusableKey:
                continue
            yield key


def verify(
    token: str,
    keys: Iterable[Key],
    *,
    algorithms: Collection[str],
    types: Collection[str | None] | None = None,
) -> SignedClaims:
    """Verify the signature of `token` and return its claims.

    Args:
        token: A JWS in compact serialization.
        keys: Candidate keys.
        algorithms: Accepted algorithms; `none` is never accepted.
        types: Accepted `typ` headers, where None accepts a token without one. Default:
            `typ` is not checked.

    Raises:
        UnknownKey: No key matches the header.
        InvalidToken: Any other failure.
    """
    parts = _parts(token)
    if len(parts) != 3:
        raise InvalidToken("not a signed token")
    header = _signature_header(parts[0])
    algorithm = allowed_model(header["alg"], algorithms)
    _check_type(header, types)
    _check_signature(parts, header, keys, algorithm)
    return SignedClaims(json_object(decode_base64url(parts[1])), header)


def _check_type(
    header: Mapping[str, Any], types: Collection[str | None] | None
) -> None:
    typ = header.get("typ")
    if types is None or typ in types:
        return
    accepted = {name and _type_name(name) for name in types}
    if (typ and _type_name(typ)) not in accepted:
        raise InvalidToken("the token is of another type")


def _check_signature(
    parts: list[str],
    header: Mapping[str, Any],
    keys: Iterable[Key],
    algorithm: JWSAlgModel,
) -> None:
    tried = False
    for key in _candidates(keys, header):
        tried = True
        if len(parts[2]) > LONGEST_SIGNATURE:
            raise InvalidToken("the signature is too long")
        signature = decode_base64url(parts[2])
        with rejected("the token cannot be verified"):
            algorithm.check_key(key)
            if algorithm.verify(f"{parts[0]}.{parts[1]}".encode(), signature, key):
                return
    raise (
        InvalidToken("wrong signature")
        if tried
        else UnknownKey("no key has its kid and alg")
    )


def unsigned_claims(token: str) -> dict[str, Any]:
    """Return the claims of a token with `alg: none` and an empty signature.

    Only for request objects of clients that registered `none` (OpenID Connect Core
    section 6.1); the claims are not authenticated.
    """
    if unverified_header(token)["alg"] != "none" or not token.endswith("."):
        raise InvalidToken("not an unsigned token")
    return unverified_claims(token)


class Signer(Protocol):
    """Signing key: one of the key ring, or a host's own in an HSM or KMS.

    `sign` returns the raw JWS signature (for ES256-512 r and s side by side, RFC 7518
    section 3.4, not DER).
    """

    @property
    def kid(self) -> str | None:
        """The identifier for the header; None leaves it out."""

    @property
    def alg(self) -> str:
        """The name of the signature algorithm."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`."""


class KeySigner:
    """A private key in this process, for one algorithm."""

    def __init__(self, key: Key, alg: str, kid: str | None) -> None:
        self.kid, self.alg = kid, alg
        self._key, self._model = key, model(alg)
        self._model.check_key(key)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`."""
        return self._model.sign(data, self._key)


def secret_signer(secret: str | bytes, alg: str) -> KeySigner:
    """Return a signer for HS256-512, or raise UnusableKey if the secret is short."""
    return KeySigner(secret_key(secret, alg), alg, None)


@lru_cache(maxsize=256)
def _header(alg: str, kid: str | None, typ: str | None) -> str:
    members = {"alg": alg, "kid": kid, "typ": typ}
    return encoded_json({k: v for k, v in members.items() if v is not None})


def sign(claims: Mapping[str, Any], key: Signer, *, typ: str | None) -> str:
    """Return `claims` as a signed compact token with `typ` (RFC 8725 section 3.11).

    Raises:
        KeysError: The signer fails.
    """
    header = _header(key.alg, key.kid, typ)
    try:
        signing_input = f"{header}.{encoded_json(dict(claims))}"
        return f"{signing_input}.{encode_base64url(key.sign(signing_input.encode()))}"
    except KeysError:
        raise
    except Exception as error:  # those of a host's HSM or KMS are not specified
        raise NoSuchKey(f"the signer failed: {type(error).__name__}") from error
