"""Key ring: an immutable snapshot of the server's keys and their states.

RFC 7517 section 5 (the published set), OpenID Connect Core section 10.1.1 (rotation).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING, use_of
from pyramid_oauth.jose.errors import NoSuchKey
from pyramid_oauth.jose.jwk import Key, from_jwk, public_jwk, with_metadata
from pyramid_oauth.jose.jws import KeySigner, Signer


class State(StrEnum):
    """The states of a key, in the order of its life.

    NEXT is published but unused, ACTIVE signs, RETIRING only verifies, RETIRED is
    removed.
    """

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"


_ORDER = (State.ACTIVE, State.NEXT, State.RETIRING, State.RETIRED)


class ExternalSigner(Signer, Protocol):
    """A host's own key, such as in an HSM: a Signer with its public key."""

    @property
    def kid(self) -> str:
        """The identifier under which the key is published."""

    @property
    def public_jwk(self) -> Mapping[str, Any]:
        """The public key as a JWK."""


@dataclass(frozen=True, slots=True, eq=False)
class RingKey:
    """A key of the ring.

    `public` verifies; `private` decrypts and `signer` signs, if this process has them.
    """

    kid: str
    alg: str
    state: State
    public: Key
    private: Key | None = None
    signer: Signer | None = None

    @classmethod
    def of(cls, key: Key, alg: str, state: State) -> RingKey:
        """Return a ring key of a private or public key; its `kid` is the thumbprint."""
        kid = key.thumbprint()
        public = with_metadata(key, kid=kid, alg=alg, private=False)
        if not key.is_private or state is State.RETIRED:
            return cls(kid, alg, state, public)
        private = with_metadata(key, kid=kid, alg=alg, private=True)
        signer = KeySigner(private, alg, kid) if use_of(alg) == "sig" else None
        return cls(kid, alg, state, public, private, signer)

    @classmethod
    def external(cls, signer: ExternalSigner, state: State) -> RingKey:
        """Return a ring key whose private key stays with the host."""
        key = from_jwk(signer.public_jwk)
        public = with_metadata(key, kid=signer.kid, alg=signer.alg, private=False)
        return cls(signer.kid, signer.alg, state, public, None, signer)

    @property
    def use(self) -> str:
        """`sig` or `enc`."""
        return use_of(self.alg)

    @property
    def is_published(self) -> bool:
        """Whether the key is part of the published set.

        A retiring encryption key is not, though it still decrypts: clients must not
        encrypt to it any more.
        """
        if self.state is State.RETIRING:
            return self.use == "sig"
        return self.state is not State.RETIRED

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`; NoSuchKey without the private key."""
        if self.signer is None:
            raise NoSuchKey(f"the private key of {self.kid} is not available")
        return self.signer.sign(data)


class KeyRing:
    """Keys by state, algorithm and identifier, indexed once.

    Of several active keys for one algorithm the first signs. Active keys come first in
    the published set, since some verifiers read only the first.
    """

    def __init__(self, keys: Iterable[RingKey] = ()) -> None:
        self._keys: dict[str, RingKey] = {}
        for key in sorted(keys, key=lambda key: _ORDER.index(key.state)):
            self._keys.setdefault(key.kid, key)
        self._signers: dict[str, RingKey] = {}
        for key in self:
            if key.state is State.ACTIVE and key.signer is not None:
                self._signers.setdefault(key.alg, key)
        self._public = [_published_jwk(key) for key in self if key.is_published]

    def __iter__(self) -> Iterator[RingKey]:
        return iter(self._keys.values())

    def __repr__(self) -> str:
        return f"<KeyRing {[f'{k.alg} {k.state}' for k in self]}>"

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms with an active signing key, the most common first."""
        return tuple(name for name in ASYMMETRIC_SIGNING if name in self._signers)

    def signer(self, alg: str) -> RingKey:
        """Return the active key for `alg`, or raise NoSuchKey."""
        try:
            return self._signers[alg]
        except KeyError:
            raise NoSuchKey(f"there is no active key for {alg}") from None

    def find(self, kid: str) -> RingKey | None:
        """Return the key of this identifier unless retired, or None."""
        key = self._keys.get(kid)
        return None if key is None or key.state is State.RETIRED else key

    def public_jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the JWK set to publish: public members, `kid`, `use` and `alg`."""
        return {"keys": [dict(jwk) for jwk in self._public]}

    def verification_keys(self, *, retired: bool = False) -> tuple[Key, ...]:
        """Return the keys that verify our own tokens.

        `retired=True` adds retired keys: for an expired `id_token_hint`, which only
        names a session (OpenID Connect RP-Initiated Logout section 2).
        """
        return tuple(
            key.public
            for key in self
            if key.use == "sig" and (retired or key.state is not State.RETIRED)
        )

    def decryption_keys(self) -> tuple[Key, ...]:
        """Return the keys that decrypt tokens for the server."""
        return tuple(
            k.private for k in self if k.use == "enc" and k.private is not None
        )


def _published_jwk(key: RingKey) -> dict[str, str]:
    return public_jwk(key.public, kid=key.kid, use=key.use, alg=key.alg)
