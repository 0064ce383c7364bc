"""DPoP proofs: the checks of one proof by itself (RFC 9449 section 4.3).

Both halves of the package use it. Whether a proof was used before is not known here: a
replay store of the caller decides that (section 11.1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.jose.errors import InvalidToken, UnusableKey
from pyramid_oauth.jose.json import decode_base64url, encode_base64url, json_object
from pyramid_oauth.jose.jwk import Key, from_jwk
from pyramid_oauth.jose.jws import verify

TYPE = "dpop+jwt"
"""The `typ` of a proof; no other is accepted (section 4.2)."""

LONGEST_PROOF = 8192
"""Characters; common servers reject longer header fields before us."""

LONGEST_JTI = 512

MAX_TIMESTAMP = 2**53
"""Beyond it, JSON parsers differ in the number they read."""

FARTHEST_AHEAD = 86400
"""Seconds by which a clock may be ahead where nonces tell the age of a proof.

A clock that was set in a wrong time zone is off by up to 14 hours.
"""

ALGORITHMS = tuple(name for name in ASYMMETRIC_SIGNING if not name.startswith("RS"))
"""The algorithms that are accepted by default (section 4.3, item 5)."""

_PUBLIC = ("kty", "crv", "x", "y", "n", "e", "use", "alg")

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_PORTS = {"http": 80, "https": 443}

_MOST_URLS = 256
"""Normalized URLs that are kept."""

_MOST_KEYS = 1024
"""Headers of proofs whose key is kept; a client signs many proofs with one key."""


class InvalidProof(InvalidToken):
    """A proof is not acceptable; the text may be told to whoever sent it."""


class NonceNeeded(InvalidProof):
    """A valid proof has no nonce, or one that is not accepted any more (section 8)."""


JudgeNonce = Callable[[str, float], bool | None]
"""`(nonce, now)`: whether an accepted nonce is the newest; None if it is refused."""

Url = tuple[str, str, int | None, bytes]
"""A normalized URL: scheme, host, port and decoded path."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that passed the checks.

    Attributes:
        thumbprint: The thumbprint of its key, the `jkt` of section 6.1.
        jti: Its identifier.
        method: The HTTP method that it is for.
        url: The URL that it is for, normalized.
        has_current_nonce: Whether the client needs no newer nonce.
    """

    thumbprint: str
    jti: str
    method: str
    url: Url
    has_current_nonce: bool = True

    @property
    def identifier(self) -> str:
        """What may be used only once: key, method, URL and `jti` (section 11.1)."""
        scheme, host, port, path = self.url
        place = f"{scheme}://{host}:{port}{path.decode('latin-1')}"
        return "\n".join((self.thumbprint, self.method, place, self.jti))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPolicy:
    """Which proofs are accepted.

    Attributes:
        algorithms: The accepted signature algorithms, all asymmetric.
        lifetime: Seconds after `iat` in which a proof is accepted.
        leeway: Seconds by which the clock of the client may be ahead.
        judge_nonce: Judges nonces; None: no nonce is asked for. Where there is one, its
            time counts and not `iat` (section 4.3, item 11), but that must not be more
            than a day ahead (section 11.1).
    """

    algorithms: tuple[str, ...] = ALGORITHMS
    lifetime: int = 60
    leeway: int = 10
    judge_nonce: JudgeNonce | None = None

    def check(
        self,
        text: str,
        *,
        method: str,
        urls: Collection[Url],
        now: float,
        access_token: str | None = None,
    ) -> Proof:
        """Return the proof in the value of a `DPoP` header.

        Args:
            text: The value. Servers join several headers by a comma, which no proof
                contains.
            method: The method of the request.
            urls: The URLs that the request may be meant for; see `normalize_url`.
            now: The time, in seconds since the epoch.
            access_token: The access token that was sent with the proof.

        Raises:
            InvalidProof: It is refused.
            NonceNeeded: It lacks a nonce that is accepted.
        """
        key, thumbprint = _read_header(_header_segment(text))
        try:
            signed = verify(text, [key], algorithms=self.algorithms, types=(TYPE,))
        except (InvalidToken, UnusableKey) as error:
            raise InvalidProof(f"the proof: {error}") from error
        claims = signed.claims
        url = _check_target(claims, method, urls)
        if access_token is not None:
            _check_access_token(claims, access_token)
        is_current = self._check_time(claims, now)
        return Proof(thumbprint, _read_jti(claims), method, url, is_current)

    def _check_time(self, claims: Mapping[str, Any], now: float) -> bool:
        """Check the times; return whether the nonce is current (items 10 and 11)."""
        issued_at = _read_time(claims, "iat")
        if issued_at is None:
            raise InvalidProof("the proof has no iat")
        expires_at, begins_at = _read_time(claims, "exp"), _read_time(claims, "nbf")
        if expires_at is not None and expires_at + self.leeway <= now:
            raise InvalidProof("the proof has expired")
        if begins_at is not None and begins_at > now + self.leeway:
            raise InvalidProof("the proof has an nbf in the future")
        ahead = self.leeway if self.judge_nonce is None else FARTHEST_AHEAD
        if issued_at > now + ahead:
            raise InvalidProof("the proof has an iat in the future")
        if self.judge_nonce is not None:
            return _check_nonce(claims, self.judge_nonce, now)
        if issued_at + self.lifetime < now:
            raise InvalidProof(f"the proof is older than {self.lifetime} seconds")
        return True


def _header_segment(text: str) -> str:
    if len(text) > LONGEST_PROOF or not text.isascii():
        raise InvalidProof("the proof is too long or not ASCII")
    segments = text.split(".")
    if len(segments) != 3:
        raise InvalidProof("the DPoP header is not one JWT")
    return segments[0]


@lru_cache(maxsize=_MOST_KEYS)
def _read_header(segment: str) -> tuple[Key, str]:
    """Return the public key in a protected header, and its thumbprint (RFC 7638)."""
    try:
        jwk = json_object(decode_base64url(segment)).get("jwk")
        if not isinstance(jwk, dict):
            raise InvalidProof("the proof has no jwk")
        if _PRIVATE & jwk.keys():
            raise InvalidProof("the jwk of the proof has a private member")
        key = from_jwk({name: jwk[name] for name in _PUBLIC if name in jwk})
    except UnusableKey as error:
        raise InvalidProof(f"the jwk of the proof: {error}") from error
    except InvalidProof:
        raise
    except InvalidToken as error:
        raise InvalidProof(f"the header of the proof: {error}") from error
    return key, key.thumbprint()


def _check_target(claims: Mapping[str, Any], method: str, urls: Collection[Url]) -> Url:
    """Check method and URL (items 8 and 9)."""
    if claims.get("htm") != method:
        raise InvalidProof("the proof has not the htm of this request")
    htu = claims.get("htu")
    url = normalize_url(htu) if isinstance(htu, str) else None
    if url is None:
        raise InvalidProof("the proof has no htu that is a URL")
    if url not in urls:
        raise InvalidProof("the proof has not the htu of this request")
    return url


def _check_access_token(claims: Mapping[str, Any], token: str) -> None:
    """Check the hash of the access token (item 12)."""
    if claims.get("ath") != encode_base64url(sha256(token.encode()).digest()):
        raise InvalidProof("the proof has not the ath of the access token")


def _check_nonce(
    claims: Mapping[str, Any],
    judge: JudgeNonce,
    now: float,
) -> bool:
    nonce = claims.get("nonce")
    is_current = judge(nonce, now) if isinstance(nonce, str) else None
    if is_current is None:
        raise NonceNeeded("the proof has no nonce that is accepted")
    return is_current


def _read_jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise InvalidProof(f"the proof has no jti of at most {LONGEST_JTI} characters")
    return jti


def _read_time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not -MAX_TIMESTAMP < value < MAX_TIMESTAMP:
        raise InvalidProof(f"the proof has an {name} that is not a time")
    return float(value)


@lru_cache(maxsize=_MOST_URLS)
def normalize_url(url: str) -> Url | None:
    """Return an http(s) URL for comparison, without query and fragment.

    RFC 9449 section 4.3 item 9, RFC 3986 sections 6.2.2 and 6.2.3. WSGI decodes a path
    before we see it, so decoded paths are compared. None if it is not such a URL.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        return None
    if "@" in parts.netloc:
        return None
    try:
        port = parts.port
    except ValueError:
        return None
    if port is None:
        port = _PORTS[parts.scheme]
    path = normalize_path(unquote_to_bytes(parts.path))
    return parts.scheme, parts.hostname, port, path


def _split(url: str) -> SplitResult | None:
    # Of control characters and spaces the parser would drop some.
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        return urlsplit(url)
    except ValueError:
        return None


def normalize_path(path: bytes) -> bytes:
    """Return a decoded path without dot segments (RFC 3986 section 5.2.4)."""
    if b"/." not in path:
        return path or b"/"
    first, *segments = path.split(b"/")
    kept: list[bytes] = []
    for segment in segments:
        if segment == b"..":
            del kept[-1:]
        elif segment != b".":
            kept.append(segment)
    if segments[-1] in (b".", b".."):
        kept.append(b"")
    return b"/".join((first, *kept)) or b"/"
