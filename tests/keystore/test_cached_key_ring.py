"""The key ring of a running process: reloads and their statements."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.jose.errors import NoSuchKey
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from pyramid_oauth.keystore.encryption import Seal, key_seal
from pyramid_oauth.keystore.key_ring import RingKey, State
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.keystore.rotation import Intervals
from pyramid_oauth.keystore.sources import (
    DatabaseKeys,
)
from tests.support.key_database import SigningKey, record_statements
from tests.support.key_material import ring_key

OLD = b"the old key-encryption key 123456"


def no_session() -> Session:
    """A session for sources that must not read the database."""
    raise AssertionError("the database was asked")


class Clock:
    """A clock that a test advances."""

    seconds = 1000.0

    def __call__(self) -> float:
        """The present second."""
        return self.seconds


def test_a_request_takes_no_statement_between_reloads(key_session: Session) -> None:
    """One statement per minute, none to sign, find or publish keys."""
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
    """A seal that counts its calls of `open`."""

    opened = 0

    def open(self, sealed: str) -> bytes:
        """Count the call and open the seal."""
        self.opened += 1
        return super().open(sealed)


def test_private_keys_are_parsed_once(key_session: Session) -> None:
    """Reloads and changes of state parse no key again."""
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
    """Another process generated it; the database is read once in `eager` seconds."""
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
    """They use the old key ring."""
    begun, released, clock = threading.Event(), threading.Event(), Clock()
    loads: list[int] = []

    class SlowKeySource:
        def load(self, session: object) -> list[RingKey]:
            loads.append(1)
            if len(loads) > 1:
                begun.set()
                assert released.wait(10)
            return [ring_key("ES256", number=len(loads))]

    live = CachedKeyRing([SlowKeySource()], monotonic=clock)
    old = live.current(no_session)
    clock.seconds += 60
    reloading = threading.Thread(target=live.current, args=(no_session,))
    reloading.start()
    assert begun.wait(10)
    assert live.current(no_session) is old
    released.set()
    reloading.join(10)
    assert live.current(no_session) is not old
    assert len(loads) == 2


def test_a_failed_reload_is_not_repeated_by_every_request() -> None:
    """One request fails; the others use the old key ring."""
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
