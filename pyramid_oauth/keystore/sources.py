"""Sources of keys: the database, files, or the host's own signers.

RFC 7517 (JWK and JWK sets), RFC 7468 (PEM); private keys are parsed once per process.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from sqlalchemy import Row, select

from pyramid_oauth.database import connection, look_up
from pyramid_oauth.jose.algorithms import signing
from pyramid_oauth.jose.errors import KeysError, NoSuchKey, UnusableKey, rejected
from pyramid_oauth.jose.jwk import default_algorithm, from_jwk, from_pem, parsed
from pyramid_oauth.keystore.cached_ring import SessionMaker
from pyramid_oauth.keystore.encryption import Seal
from pyramid_oauth.keystore.key_ring import ExternalSigner, RingKey, State
from pyramid_oauth.keystore.models import AbstractSigningKey

log = logging.getLogger(__name__)


class DatabaseKeys:
    """The keys of one issuer in the database, private keys decrypted with `seal`.

    `model` is the mapped class. A private key that cannot be decrypted is logged; its
    public key stays published, since other processes may sign with it.
    """

    def __init__(
        self, model: type[AbstractSigningKey], seal: Seal, issuer: str = ""
    ) -> None:
        self._seal = seal
        self._loaded: dict[str, RingKey] = {}
        self._statement = look_up(
            select(model.kid, model.alg, model.state, model.public_jwk, model.sealed)
            .where(model.issuer == issuer, model.compromised.is_(False))
            .order_by(model.activated_at.desc(), model.kid)
        )

    def load(self, session: SessionMaker) -> Sequence[RingKey]:
        """Load the keys in one statement; parse only new ones."""
        rows = connection(session(), self._statement).execute(self._statement).all()
        self._loaded = {row.kid: self._key(row) for row in rows}
        return tuple(self._loaded.values())

    def _key(self, row: Row[Any]) -> RingKey:
        state, known = State(row.state), self._loaded.get(row.kid)
        if known is None:
            return self._parse_row(row, state)
        if known.state is state:
            return known
        if state is State.RETIRED:
            return RingKey(known.kid, known.alg, state, known.public)
        return RingKey(
            known.kid, known.alg, state, known.public, known.private, known.signer
        )

    def _parse_row(self, row: Row[Any], state: State) -> RingKey:
        if row.sealed is not None and state is not State.RETIRED:
            try:
                return _decrypt_key(self._seal, row, state)
            except KeysError as error:
                log.error("the private key %s is unusable: %s", row.kid, error)
        return RingKey.of(from_jwk(row.public_jwk), row.alg, state)


def _decrypt_key(seal: Seal, row: Row[Any], state: State) -> RingKey:
    key = RingKey.of(from_jwk(parsed(seal.open(row.sealed))), row.alg, state)
    if key.kid != row.kid:
        raise UnusableKey("the private key belongs to another row")
    return key


class FileKeys:
    """PEM and JWK files, read once, each named by a line `PATH [ALG] [STATE]`.

    A path must not contain spaces; the default state is active.
    """

    def __init__(self, lines: Iterable[str], password: bytes | None = None) -> None:
        self._keys = tuple(k for line in lines for k in _line_keys(line, password))

    def load(self, session: SessionMaker) -> Sequence[RingKey]:
        """Return the keys, without reading the files again."""
        return self._keys


def _line_keys(line: str, password: bytes | None) -> tuple[RingKey, ...]:
    path, *words = line.split()
    states = [word for word in words if word in list(State)]
    algs = [word for word in words if word not in states]
    if len(states) > 1 or len(algs) > 1:
        raise UnusableKey(f"{line!r} is not PATH [ALG] [STATE]")
    state = State(states[0]) if states else State.ACTIVE
    return key_file(Path(path), algs[0] if algs else None, state, password)


def key_file(
    path: Path, alg: str | None, state: State, password: bytes | None = None
) -> tuple[RingKey, ...]:
    """Return the keys in a file: a PEM private key, a JWK or a JWK set.

    Without `alg` the member `alg` of the key is used, else the default of its type
    (RSA: RS256). UnusableKey if the file cannot be read or a key is unsuitable.
    """
    try:
        with rejected("it cannot be read", UnusableKey):
            return tuple(_file_keys(path.read_bytes(), alg, state, password))
    except KeysError as error:
        raise UnusableKey(f"{path}: {error}") from error


def _file_keys(
    content: bytes, alg: str | None, state: State, password: bytes | None
) -> Iterator[RingKey]:
    if content.lstrip().startswith(b"-----"):
        key = from_pem(content, password)
        yield RingKey.of(key, alg or default_algorithm(key), state)
        return
    for jwk in _entries(content):
        key = from_jwk(jwk)
        if not key.is_private:
            raise UnusableKey("the file holds a public key where a private is needed")
        chosen = alg or jwk.get("alg") or default_algorithm(key)
        yield RingKey.of(key, chosen, state)


def _entries(content: bytes) -> list[Mapping[str, Any]]:
    document = parsed(content)
    entries = document.get("keys", [document])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise UnusableKey("the file is neither a JWK nor a JWK set")
    return entries


class ExternalKeys:
    """Signers from a callable of the host, for keys in an HSM or a KMS.

    The callable returns pairs of a signer and its state, at every reload. While it
    fails, its previous result stays in use, so that an outage of the device does not
    affect requests that do not need it.
    """

    def __init__(
        self, signers: Callable[[], Iterable[tuple[ExternalSigner, str]]]
    ) -> None:
        self._signers = signers
        self._last: tuple[RingKey, ...] = ()

    def load(self, session: SessionMaker) -> Sequence[RingKey]:
        """Return the result of the callable, or its previous one if it fails."""
        try:
            with rejected("the callable fails", NoSuchKey):
                self._last = tuple(
                    RingKey.external(signer, State(state))
                    for signer, state in self._signers()
                )
        except KeysError:
            log.exception("the signers cannot be read; the former ones stay in use")
        return self._last


def raw_signature(der: bytes, alg: str) -> bytes:
    """Convert an ECDSA signature from DER, as HSMs return it (RFC 7518 3.4)."""
    bits = int(signing(alg).curves[0].removeprefix("P-"))
    size = (bits + 7) // 8
    return b"".join(number.to_bytes(size) for number in decode_dss_signature(der))


def serialize_private(jwk: Mapping[str, Any]) -> bytes:
    """Return a private JWK as bytes, for encryption at rest."""
    return json.dumps(jwk, separators=(",", ":")).encode()
