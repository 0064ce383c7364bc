"""Keys from files, from a host's HSM, and from the database under sealing keys."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from jwcrypto.jwk import JWK
from sqlalchemy.orm import Session

from pyramid_oauth.jose.errors import NoSuchKey, UnusableKey
from pyramid_oauth.jose.jwk import private_jwk
from pyramid_oauth.jose.jws import sign, verify
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from pyramid_oauth.keystore.encryption import Seal, SealBroken, key_seal
from pyramid_oauth.keystore.key_ring import KeyRing, RingKey, State
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.keystore.rotation import Intervals
from pyramid_oauth.keystore.sources import (
    DatabaseKeys,
    ExternalKeys,
    FileKeys,
    raw_signature,
)
from tests.support.key_database import SigningKey, record_statements
from tests.support.key_material import private_key, ring_key

OLD, NEW = b"the old key-encryption key 123456", b"the new key-encryption key 123456"


def no_session() -> Session:
    """For sources that need none."""
    raise AssertionError("the database was asked")


class Clock:
    """Seconds that pass only when told to."""

    seconds = 1000.0

    def __call__(self) -> float:
        """The present second."""
        return self.seconds


# -- files ---------------------------------------------------------------------------


def test_keys_from_pem_and_jwk_files(tmp_path: Path) -> None:
    """Each line names a file; what it does not say follows from the key."""
    native = private_key("RS256").private_key
    pem = native.private_bytes(  # type: ignore[union-attr]
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open")
    )
    (tmp_path / "rsa.pem").write_bytes(pem)
    jwk = private_jwk(private_key("ES256"))
    (tmp_path / "one.json").write_text(json.dumps(jwk))
    both = [private_jwk(private_key(alg)) for alg in ("EdDSA", "ES384")]
    (tmp_path / "set.json").write_text(json.dumps({"keys": both}))
    lines = [
        f"{tmp_path}/rsa.pem PS256",
        f"{tmp_path}/one.json next",
        f"{tmp_path}/set.json",
    ]
    ring = KeyRing(FileKeys(lines, b"open").load(no_session))
    assert ring.algorithms == ("PS256", "ES384", "EdDSA")
    assert ring.find(private_key("ES256").thumbprint()).state is State.NEXT  # type: ignore[union-attr]
    token = sign({"sub": "a"}, ring.signer("PS256"), typ=None)
    assert verify(token, ring.verification_keys(), algorithms=["PS256"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ""),
        (b"[]", ""),
        (b'{"keys": 1}', ""),
        (b'{"keys": [1]}', ""),
        (b"-----BEGIN PRIVATE KEY-----\n", ""),
        (json.dumps(ring_key("ES256").public.as_dict()).encode(), ""),
        (json.dumps(private_jwk(private_key("ES256"))).encode(), "RS256"),
        (json.dumps(private_jwk(private_key("ES256"))).encode(), "ES256 next retired"),
        (json.dumps(private_jwk(private_key("ES256"))).encode(), "active ES256 what"),
    ],
)
def test_an_unusable_key_file_stops_the_start(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """With one kind of error, whatever is wrong."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(UnusableKey):
        FileKeys([f"{tmp_path}/key {words}"])
    with pytest.raises(UnusableKey):
        FileKeys([f"{tmp_path}/no-such-file"])


# -- HSM -----------------------------------------------------------------------------


@dataclass
class Hsm:
    """A key that never leaves its device and signs in DER, as most do."""

    native: ec.EllipticCurvePrivateKey
    kid: str = "slot-7"
    alg: str = "ES256"
    signed: int = 0

    @property
    def public_jwk(self) -> dict[str, Any]:
        """What the device shows."""
        return dict(JWK.from_pyca(self.native.public_key()).export(as_dict=True))

    def sign(self, data: bytes) -> bytes:
        """The device's signature, brought into the form of JWS."""
        self.signed += 1
        return raw_signature(self.native.sign(data, ec.ECDSA(SHA256())), self.alg)


def test_an_hsm_of_the_host_signs() -> None:
    """The ring publishes the device's key under its own identifier and calls it."""
    hsm = Hsm(ec.generate_private_key(ec.SECP256R1()))
    live = CachedKeyRing([ExternalKeys(lambda: [(hsm, "active")])])
    ring = live.current(no_session)
    token = sign({"sub": "a"}, ring.signer("ES256"), typ="JWT")
    theirs = jwt.PyJWKSet.from_dict(ring.public_jwks())
    assert jwt.decode(token, theirs["slot-7"].key, ["ES256"]) == {"sub": "a"}
    assert hsm.signed == 1
    assert verify(token, ring.verification_keys(), algorithms=["ES256"])


def test_an_hsm_key_must_fit_its_algorithm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A P-384 key cannot claim to be one for ES256; the log says so."""
    hsm = Hsm(ec.generate_private_key(ec.SECP384R1()))
    assert ExternalKeys(lambda: [(hsm, "active")]).load(no_session) == ()
    assert "the signers cannot be read" in caplog.text


def test_keys_of_an_unreachable_hsm_keep_verifying() -> None:
    """They go on verifying, and are asked for again."""
    hsm = Hsm(ec.generate_private_key(ec.SECP256R1()))
    answers = iter([[(hsm, "active")], OSError("no route"), [(hsm, "retiring")]])

    def signers() -> list[tuple[Hsm, str]]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    source = ExternalKeys(signers)
    states = [[key.state for key in source.load(no_session)] for _ in range(3)]
    assert states == [["active"], ["active"], ["retiring"]]


# -- sealing -------------------------------------------------------------------------


def test_no_private_member_is_stored_in_clear(key_session: Session) -> None:
    """The row holds the public half, and the private one sealed."""
    key = KeyStore(key_session, SigningKey, key_seal([OLD])).generate("ES256")
    opened = json.loads(key_seal([OLD]).open(key.sealed or ""))
    row = f"{key.public_jwk} {key.sealed} {key!r}"
    assert opened["d"] not in row
    assert "d" not in key.public_jwk


def test_key_encryption_keys_are_rotated(key_session: Session) -> None:
    """New first and old second; reseal; then the old one can go."""
    key = KeyStore(key_session, SigningKey, key_seal([OLD])).generate(
        "ES256", State.ACTIVE
    )
    both = KeyStore(key_session, SigningKey, key_seal([NEW, OLD]))
    assert load_ring(key_session, [NEW, OLD]).signer("ES256").kid == key.kid
    assert (both.reseal(), both.reseal()) == (1, 0)
    assert load_ring(key_session, [NEW]).signer("ES256").kid == key.kid
    with pytest.raises(SealBroken):
        key_seal([OLD]).open(key.sealed or "")


def load_ring(session: Session, keks: list[bytes]) -> KeyRing:
    """The ring of a process that starts now."""
    return KeyRing(DatabaseKeys(SigningKey, key_seal(keks)).load(lambda: session))


def test_a_key_that_cannot_be_unsealed_still_verifies(
    key_session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """It is published, cannot sign, and the log names it without its content."""
    key = KeyStore(key_session, SigningKey, key_seal([OLD])).generate(
        "ES256", State.ACTIVE
    )
    with caplog.at_level(logging.ERROR):
        ring = load_ring(key_session, [NEW])
    assert key.kid in caplog.text
    assert ring.public_jwks()["keys"][0]["kid"] == key.kid
    with pytest.raises(NoSuchKey):
        ring.signer("ES256")
    with pytest.raises(NoSuchKey):
        next(iter(ring)).sign(b"data")


def test_a_sealed_key_moved_to_another_row_is_refused(key_session: Session) -> None:
    """Who can write to the database cannot make one key stand for another."""
    store = KeyStore(key_session, SigningKey, key_seal([OLD]))
    one, other = (store.generate("ES256", State.ACTIVE) for _ in range(2))
    one.sealed = other.sealed
    key_session.flush()
    assert load_ring(key_session, [OLD]).signer("ES256").kid == other.kid


def test_a_seal_is_bound_to_its_purpose() -> None:
    """What was sealed as one kind of secret does not open as another."""
    sealed = Seal([OLD], "client secret").seal(b"content")
    assert Seal([OLD], "client secret").open(sealed) == b"content"
    for text in (sealed, "", "no token", sealed[:-1]):
        with pytest.raises(SealBroken):
            key_seal([OLD]).open(text)


@pytest.mark.parametrize("keks", [[], [b"short"], [OLD, b"short"]])
def test_weak_key_encryption_keys_are_refused(keks: list[bytes]) -> None:
    """Each needs 32 bytes, and one there must be."""
    with pytest.raises(ValueError, match="32 bytes"):
        key_seal(keks)


def test_an_import_of_a_duplicate_or_public_key_is_refused(
    key_session: Session,
) -> None:
    """One row a key; a public key signs nothing."""
    store = KeyStore(key_session, SigningKey, key_seal([OLD]))
    store.add(private_key("ES256"), "ES256")
    with pytest.raises(UnusableKey, match="already"):
        store.add(private_key("ES256"), "ES256")
    with pytest.raises(UnusableKey):
        store.add(ring_key("ES384").public, "ES384")


# -- the running process -------------------------------------------------------------


def test_a_request_takes_no_statement_between_reloads(key_session: Session) -> None:
    """One statement a minute, none for signing, finding or publishing."""
    KeyStore(key_session, SigningKey, key_seal([OLD])).generate("ES256", State.ACTIVE)
    clock = Clock()
    live = CachedKeyRing(
        [DatabaseKeys(SigningKey, key_seal([OLD]))], interval=60, monotonic=clock
    )
    live.current(lambda: key_session)
    with record_statements(key_session) as statements:
        for _ in range(50):
            live.signer("ES256", no_session).sign(b"data")
            live.current(no_session).public_jwks()
            clock.seconds += 1
        assert statements == []
        clock.seconds += 60
        for _ in range(50):
            live.current(lambda: key_session)
        assert len(statements) == 1


class CountingSeal(Seal):
    """A seal that counts what it opens."""

    opened = 0

    def open(self, sealed: str) -> bytes:
        """The content, counted."""
        self.opened += 1
        return super().open(sealed)


def test_private_keys_are_parsed_once(key_session: Session) -> None:
    """However often the ring is reloaded, also across a change of state."""
    store = KeyStore(key_session, SigningKey, key_seal([OLD]))
    key = store.generate("ES256", State.NEXT)
    seal = CountingSeal([OLD], "signing key")
    source = DatabaseKeys(SigningKey, seal)
    for _ in range(3):
        source.load(lambda: key_session)
    store.promote(key.kid)
    (active,) = source.load(lambda: key_session)
    assert active.state is State.ACTIVE
    assert active.sign(b"data")
    assert seal.opened == 1
    store.rotate_at_once("ES256")
    at_once = Intervals(jwks_max_age=0, longest_token_lifetime=0, reload=0, leeway=0)
    store.rotate(at_once)
    retired = {k.kid: k for k in source.load(lambda: key_session)}[key.kid]
    assert (retired.private, retired.signer) == (None, None)


def test_a_first_key_is_found_before_the_reload_interval_ends(
    key_session: Session,
) -> None:
    """Another process made it; looking is limited to once in `eager` seconds."""
    clock = Clock()
    live = CachedKeyRing(
        [DatabaseKeys(SigningKey, key_seal([OLD]))], eager=5, monotonic=clock
    )
    with pytest.raises(NoSuchKey):
        live.signer("ES256", lambda: key_session)
    key = KeyStore(key_session, SigningKey, key_seal([OLD])).generate(
        "ES256", State.ACTIVE
    )
    with record_statements(key_session) as statements:
        for _ in range(9):
            assert live.find(key.kid, lambda: key_session) is None
        assert statements == []
    clock.seconds += 5
    assert live.signer("ES256", lambda: key_session).kid == key.kid
    assert live.find(key.kid, no_session) is not None


def test_a_rotation_in_the_same_process_takes_effect_at_once(
    key_session: Session,
) -> None:
    """`expire` makes the next use reload."""
    store = KeyStore(key_session, SigningKey, key_seal([OLD]))
    store.generate("ES256", State.ACTIVE)
    live = CachedKeyRing([DatabaseKeys(SigningKey, key_seal([OLD]))])
    live.current(lambda: key_session)
    fresh = store.rotate_at_once("ES256")
    live.expire()
    assert live.signer("ES256", lambda: key_session).kid == fresh.kid


def test_other_threads_do_not_wait_for_a_reload() -> None:
    """They go on with the old ring."""
    begun, go_on, clock = threading.Event(), threading.Event(), Clock()
    rounds: list[int] = []

    class Slow:
        def load(self, session: object) -> list[RingKey]:
            rounds.append(1)
            if len(rounds) > 1:
                begun.set()
                assert go_on.wait(10)
            return [ring_key("ES256", number=len(rounds))]

    live = CachedKeyRing([Slow()], monotonic=clock)
    old = live.current(no_session)
    clock.seconds += 60
    reloading = threading.Thread(target=live.current, args=(no_session,))
    reloading.start()
    assert begun.wait(10)
    assert live.current(no_session) is old
    go_on.set()
    reloading.join(10)
    assert live.current(no_session) is not old
    assert len(rounds) == 2


def test_a_failed_reload_is_not_repeated_by_every_request() -> None:
    """The one request fails as its own database call would; the rest go on."""
    clock, fail = Clock(), [False]

    class Failing:
        def load(self, session: object) -> list[RingKey]:
            if fail[0]:
                raise OSError("the device is away")
            return [ring_key("ES256")]

    live = CachedKeyRing([Failing()], monotonic=clock)
    old = live.current(no_session)
    fail[0] = True
    clock.seconds += 60
    with pytest.raises(OSError, match="away"):
        live.current(no_session)
    assert live.current(no_session) is old
