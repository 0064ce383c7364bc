"""Rotation while verifiers cache the key set, with a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.jose.errors import NoSuchKey, UnusableKey
from pyramid_oauth.jose.jws import sign
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.key_ring import KeyRing, State
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.keystore.rotation import (
    Generate,
    Intervals,
    Promote,
    Retire,
    Supersede,
    plan,
)
from pyramid_oauth.keystore.sources import DatabaseKeys
from tests.support.key_database import SigningKey

HOUR, DAY = 3600, 86400
INTERVALS = Intervals(
    jwks_max_age=HOUR, longest_token_lifetime=2 * HOUR, rotate_every=DAY
)
SEAL = key_seal([b"k" * 32])
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def rotation_clock() -> Iterator[clock.Frozen]:
    """A clock that stands still."""
    with clock.frozen(START) as frozen:
        yield frozen


class Process:
    """One server process with its own ring, reloaded at the interval."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._live = CachedKeyRing(
            [DatabaseKeys(SigningKey, SEAL)],
            interval=INTERVALS.reload,
            monotonic=clock.timestamp,
        )

    @property
    def ring(self) -> KeyRing:
        """The ring as this process sees it now."""
        return self._live.current(lambda: self._session)

    def token(self) -> str:
        """A token with the longest lifetime."""
        now = clock.timestamp()
        claims = {"sub": "alice", "exp": now + INTERVALS.longest_token_lifetime}
        return sign(claims, self.ring.signer("ES256"), typ="JWT")


@dataclass
class Verifier:
    """A relying party that caches the key set as long as it may, and never asks early.

    Stricter than real ones, which ask again at an unknown `kid`.
    """

    server: Process
    fetched_at: int = -HOUR
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)

    def accepts(self, token: str) -> bool:
        """Verify with the cached set, fetched anew only when the cache is over."""
        if clock.timestamp() - self.fetched_at >= INTERVALS.jwks_max_age:
            jwks = jwt.PyJWKSet.from_dict(self.server.ring.public_jwks())
            self.keys = {str(key.key_id): key for key in jwks.keys}
            self.fetched_at = clock.timestamp()
        kid = jwt.get_unverified_header(token)["kid"]
        options = {"verify_exp": False}
        return kid in self.keys and bool(
            jwt.decode(token, self.keys[kid].key, ["ES256"], options=options)  # type: ignore[arg-type]
        )


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_verifier_with_a_cached_key_set_verifies_every_token(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """Five days under traffic, keys replaced daily, two processes and five verifiers.

    Every token is shown to every verifier when new and again just before it expires.
    """
    store = KeyStore(key_session, SigningKey, SEAL)
    store.rotate(INTERVALS, ["ES256"])
    processes = [Process(key_session) for _ in range(2)]
    verifiers = [Verifier(processes[n % 2]) for n in range(5)]
    held: list[tuple[int, str]] = []
    signers = set()
    step = 10 * 60
    for minute in range(0, 5 * DAY, step):
        store.rotate(INTERVALS, ["ES256"])
        token = processes[minute // step % 2].token()
        signers.add(jwt.get_unverified_header(token)["kid"])
        held.append((clock.timestamp() + INTERVALS.longest_token_lifetime, token))
        # One after another, so that no two caches were filled at the same time.
        shown = verifiers[: 1 + minute // step % 5] if minute < 5 * step else verifiers
        for verifier in shown:
            assert verifier.accepts(token)
        held = [(until, old) for until, old in held if until > clock.timestamp()]
        assert all(verifier.accepts(held[0][1]) for verifier in shown)
        rotation_clock.advance(step)
    assert len(signers) >= 4
    states = [record.state for record in store.records()]
    assert states.count(State.ACTIVE) == 1
    assert State.RETIRED in states


def test_a_key_is_published_promoted_and_withdrawn_in_time(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """Used at once when first; later published, promoted, withdrawn in time."""
    store = KeyStore(key_session, SigningKey, SEAL)
    assert store.rotate(INTERVALS, ["ES256"]) == (Generate("ES256", State.ACTIVE),)
    assert store.rotate(INTERVALS, ["ES256"]) == ()
    (first,) = store.records()
    rotation_clock.advance(DAY - HOUR - 120)
    assert store.rotate(INTERVALS) == (Generate("ES256", State.NEXT),)
    second = store.records()[0]
    rotation_clock.advance(HOUR + 119)
    assert store.rotate(INTERVALS) == ()
    rotation_clock.advance(1)
    assert store.rotate(INTERVALS) == (Promote(second.kid), Supersede(first.kid))
    rotation_clock.advance(2 * HOUR + 119)
    assert store.rotate(INTERVALS) == ()
    rotation_clock.advance(1)
    assert store.rotate(INTERVALS) == (Retire(first.kid),)
    assert (first.state, first.sealed) == (State.RETIRED, None)


def test_a_next_key_is_not_promoted_before_caches_expire(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """However old the active key has become meanwhile."""
    store = KeyStore(key_session, SigningKey, SEAL)
    store.rotate(INTERVALS, ["ES256"])
    rotation_clock.advance(10 * DAY)
    assert store.rotate(INTERVALS) == (Generate("ES256", State.NEXT),)
    rotation_clock.advance(HOUR + 119)
    assert store.rotate(INTERVALS) == ()
    rotation_clock.advance(1)
    assert len(store.rotate(INTERVALS)) == 2


def test_an_encryption_key_is_kept_while_clients_may_cache_it(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """They may encrypt to it until their copy of the set is over."""
    alg = "ECDH-ES"
    store = KeyStore(key_session, SigningKey, SEAL)
    store.rotate(INTERVALS, [alg])
    (first,) = store.records()
    store.rotate_at_once(alg)
    rotation_clock.advance(3 * HOUR + 119)
    assert store.rotate(INTERVALS) == ()
    rotation_clock.advance(1)
    assert store.rotate(INTERVALS) == (Retire(first.kid),)


def test_two_active_keys_are_reduced_to_one(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """Two processes that made the first key at the same moment."""
    store = KeyStore(key_session, SigningKey, SEAL)
    older = store.generate("ES256", State.ACTIVE)
    rotation_clock.advance(1)
    newer = store.generate("ES256", State.ACTIVE)
    assert store.rotate(INTERVALS, ["ES256"]) == (Supersede(older.kid),)
    assert Process(key_session).ring.signer("ES256").kid == newer.kid


def test_a_next_key_is_promoted_without_an_active_one(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """An imported key is the first of its algorithm."""
    store = KeyStore(key_session, SigningKey, SEAL)
    key = store.generate("ES256", State.NEXT)
    assert store.rotate(INTERVALS) == (Promote(key.kid),)


def test_a_compromised_key_is_withdrawn_at_once(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """Another key signs, and not even an expired hint is believed."""
    store = KeyStore(key_session, SigningKey, SEAL)
    stolen = store.generate("ES256", State.ACTIVE)
    store.retire(stolen.kid, compromised=True)
    ring = Process(key_session).ring
    assert ring.signer("ES256").kid != stolen.kid
    known = [key.kid for key in ring.verification_keys(retired=True)]
    assert stolen.kid not in known
    assert len(ring.public_jwks()["keys"]) == 1


def test_retiring_the_active_key_promotes_the_next_one(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """The old one goes on verifying; a key in use for nothing is simply withdrawn."""
    store = KeyStore(key_session, SigningKey, SEAL)
    active = store.generate("ES256", State.ACTIVE)
    waiting = store.generate("ES256", State.NEXT)
    store.retire(active.kid)
    assert (active.state, waiting.state) == (State.RETIRING, State.ACTIVE)
    spare = store.generate("ES256", State.NEXT)
    store.retire(spare.kid)
    assert spare.state == State.RETIRED


def test_only_a_next_key_can_be_promoted(key_session: Session) -> None:
    """And only one that exists, at this issuer."""
    store = KeyStore(key_session, SigningKey, SEAL)
    active = store.generate("ES256", State.ACTIVE)
    with pytest.raises(UnusableKey):
        store.promote(active.kid)
    for missing in (
        store,
        KeyStore(key_session, SigningKey, SEAL, "https://other.example"),
    ):
        with pytest.raises(NoSuchKey):
            missing.promote("unknown" if missing is store else active.kid)


def test_issuers_do_not_share_keys(key_session: Session) -> None:
    """Each has its own ring."""
    for issuer in ("https://one.example", "https://two.example"):
        KeyStore(key_session, SigningKey, SEAL, issuer).rotate(INTERVALS, ["ES256"])
    kids = set()
    for issuer in ("https://one.example", "https://two.example", ""):
        source = DatabaseKeys(SigningKey, SEAL, issuer)
        kids.add(tuple(key.kid for key in source.load(lambda: key_session)))
    assert sorted(map(len, kids)) == [0, 1, 1]


@dataclass
class Record:
    """A key as the plan sees it."""

    kid: str
    alg: str
    state: str
    published_at: datetime
    activated_at: datetime | None
    retiring_at: datetime | None


moments = st.integers(0, 3 * DAY).map(lambda s: START + timedelta(seconds=s))
records = st.lists(
    st.builds(
        Record,
        kid=st.uuids().map(str),
        alg=st.sampled_from(["ES256", "RS256", "ECDH-ES"]),
        state=st.sampled_from(list(State)),
        published_at=moments,
        activated_at=st.none() | moments,
        retiring_at=st.none() | moments,
    ),
    max_size=8,
)


@settings(deadline=None)
@given(records, moments)
def test_every_rotation_plan_ends_with_one_active_key(
    keys: list[Record], now: datetime
) -> None:
    """Whatever the table holds: done once there is one, done twice nothing changes."""
    wanted = ["ES256", "RS256"]
    for _ in range(2):
        for action in plan(now, keys, INTERVALS, wanted):
            apply(action, keys, now)
    assert plan(now, keys, INTERVALS, wanted) == ()
    for alg in wanted:
        active = [k for k in keys if k.alg == alg and k.state == State.ACTIVE]
        assert len(active) == 1


def apply(action: object, keys: list[Record], now: datetime) -> None:
    """What the store does, on plain records."""
    if isinstance(action, Generate):
        kid = f"made-{len(keys)}"
        keys.append(Record(kid, action.alg, action.state, now, now, None))
        return
    assert isinstance(action, (Promote, Supersede, Retire))
    (key,) = [k for k in keys if k.kid == action.kid]
    if isinstance(action, Promote):
        key.state, key.activated_at = State.ACTIVE, now
    elif isinstance(action, Supersede):
        key.state, key.retiring_at = State.RETIRING, now
    else:
        key.state = State.RETIRED
