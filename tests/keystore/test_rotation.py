"""Key rotation while verifiers cache the key set, with a frozen clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import jwt
import pytest
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
    """A relying party that caches the key set for its full `max-age`.

    Real ones fetch it again for an unknown `kid`; this one does not.
    """

    server: Process
    fetched_at: int = -HOUR
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)

    def accepts(self, token: str) -> bool:
        """Verify with the cached set, which is fetched again only after its expiry."""
        if clock.timestamp() - self.fetched_at >= INTERVALS.jwks_max_age:
            jwks = jwt.PyJWKSet.from_dict(self.server.ring.public_jwks())
            self.keys = {str(key.key_id): key for key in jwks.keys}
            self.fetched_at = clock.timestamp()
        kid = jwt.get_unverified_header(token)["kid"]
        options = {"verify_exp": False}
        return kid in self.keys and bool(
            jwt.decode(token, self.keys[kid].key, ["ES256"], options=options)  # type: ignore[arg-type]
        )


@pytest.mark.slow
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_verifier_with_a_cached_key_set_verifies_every_token(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """Five days of traffic, daily rotation, two processes and five verifiers.

    Every verifier checks every token when it is new and just before it expires.
    """
    store = KeyStore(key_session, SigningKey, SEAL)
    store.rotate(INTERVALS, ["ES256"])
    processes = [Process(key_session) for _ in range(2)]
    verifiers = [Verifier(processes[n % 2]) for n in range(5)]
    issued_tokens: list[tuple[int, str]] = []
    signers = set()
    step = 10 * 60
    for minute in range(0, 5 * DAY, step):
        store.rotate(INTERVALS, ["ES256"])
        token = processes[minute // step % 2].token()
        signers.add(jwt.get_unverified_header(token)["kid"])
        issued_tokens.append(
            (clock.timestamp() + INTERVALS.longest_token_lifetime, token)
        )
        # One after another, so that no two caches were filled at the same time.
        active_verifiers = (
            verifiers[: 1 + minute // step % 5] if minute < 5 * step else verifiers
        )
        for verifier in active_verifiers:
            assert verifier.accepts(token)
        issued_tokens = [
            (until, token_)
            for until, token_ in issued_tokens
            if until > clock.timestamp()
        ]
        assert all(
            verifier.accepts(issued_tokens[0][1]) for verifier in active_verifiers
        )
        rotation_clock.advance(step)
    assert len(signers) >= 4
    states = [record.state for record in store.records()]
    assert states.count(State.ACTIVE) == 1
    assert State.RETIRED in states


def test_a_key_is_published_promoted_and_retired_in_time(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """The first key signs at once; later keys are published, promoted and retired."""
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
    """Even if the active key is overdue."""
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
    """Clients may encrypt to it until their copy of the key set expires."""
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
    """Two processes may generate the first key at the same moment."""
    store = KeyStore(key_session, SigningKey, SEAL)
    older = store.generate("ES256", State.ACTIVE)
    rotation_clock.advance(1)
    newer = store.generate("ES256", State.ACTIVE)
    assert store.rotate(INTERVALS, ["ES256"]) == (Supersede(older.kid),)
    assert Process(key_session).ring.signer("ES256").kid == newer.kid


def test_a_next_key_is_promoted_without_an_active_one(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """For example an imported key, the first of its algorithm."""
    store = KeyStore(key_session, SigningKey, SEAL)
    key = store.generate("ES256", State.NEXT)
    assert store.rotate(INTERVALS) == (Promote(key.kid),)


def test_a_compromised_key_is_retired_at_once(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """Another key signs, and the key verifies no hint either."""
    store = KeyStore(key_session, SigningKey, SEAL)
    compromised = store.generate("ES256", State.ACTIVE)
    store.retire(compromised.kid, compromised=True)
    ring = Process(key_session).ring
    assert ring.signer("ES256").kid != compromised.kid
    kids = [key.kid for key in ring.verification_keys(retired=True)]
    assert compromised.kid not in kids
    assert len(ring.public_jwks()["keys"]) == 1


def test_retiring_the_active_key_promotes_the_next_one(
    key_session: Session, rotation_clock: clock.Frozen
) -> None:
    """The old key still verifies; an unused key is retired at once."""
    store = KeyStore(key_session, SigningKey, SEAL)
    active = store.generate("ES256", State.ACTIVE)
    next_key = store.generate("ES256", State.NEXT)
    store.retire(active.kid)
    assert (active.state, next_key.state) == (State.RETIRING, State.ACTIVE)
    unused = store.generate("ES256", State.NEXT)
    store.retire(unused.kid)
    assert unused.state == State.RETIRED


def test_only_a_next_key_can_be_promoted(key_session: Session) -> None:
    """The key must exist at this issuer."""
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
