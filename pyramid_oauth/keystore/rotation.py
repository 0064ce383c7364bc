"""Key rotation plan: pure functions of the time and the states of the keys.

OpenID Connect Core section 10.1.1: a key is published before its first use and until
its last signature has expired, so that a verifier may cache the set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pyramid_oauth.jose.algorithms import use_of
from pyramid_oauth.keystore.key_ring import State

DAY = 86400


class Record(Protocol):
    """The attributes of a key that the plan uses; a mapped signing key has them."""

    kid: str
    alg: str
    state: str
    published_at: datetime
    activated_at: datetime | None
    retiring_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Intervals of the rotation, all in seconds.

    Attributes:
        jwks_max_age: `max-age` of the published key set.
        longest_token_lifetime: Maximum lifetime of the tokens that the keys sign.
        reload: Interval at which processes reload the key ring.
        leeway: Accepted clock difference.
        rotate_every: Age at which a key is replaced.
    """

    jwks_max_age: int
    longest_token_lifetime: int
    reload: int = 60
    leeway: int = 60
    rotate_every: int = 90 * DAY

    @property
    def propagation_time(self) -> timedelta:
        """Time from publication of a key until all verifiers have it."""
        return timedelta(seconds=self.jwks_max_age + self.reload + self.leeway)

    @property
    def age(self) -> timedelta:
        """Time for which a key is active."""
        return timedelta(seconds=self.rotate_every)

    def retention_time(self, alg: str) -> timedelta:
        """Return the time from the end of a key's use until it is no longer needed.

        Another process may sign for `reload` more seconds; clients encrypt to an
        encryption key while they cache the set.
        """
        seconds = self.reload + self.leeway + self.longest_token_lifetime
        if use_of(alg) == "enc":
            seconds += self.jwks_max_age
        return timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Generate:
    """Generate a key for `alg` in this state."""

    alg: str
    state: State


@dataclass(frozen=True, slots=True)
class Promote:
    """Make a next key active."""

    kid: str


@dataclass(frozen=True, slots=True)
class Supersede:
    """Make an active key retiring."""

    kid: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Remove a key from the set and delete its private key."""

    kid: str


Action = Generate | Promote | Supersede | Retire


def plan(
    now: datetime,
    keys: Iterable[Record],
    intervals: Intervals,
    algorithms: Sequence[str] = (),
) -> tuple[Action, ...]:
    """Return the actions that are due at `now`, in order.

    `algorithms` are those that need a key. An algorithm without any key gets one that
    is active immediately, since no verifier can have cached a set without it.
    """
    records = list(keys)
    names = dict.fromkeys((*algorithms, *(key.alg for key in records)))
    actions: list[Action] = []
    for alg in names:
        own_keys = [key for key in records if key.alg == alg]
        actions += _plan_replacement(now, alg, own_keys, intervals, alg in algorithms)
        actions += _plan_retirement(now, alg, own_keys, intervals)
    return tuple(actions)


def ready_at(key: Record, intervals: Intervals) -> datetime:
    """Return when a next key may sign, because all verifiers have it."""
    return key.published_at + intervals.propagation_time


def _plan_replacement(
    now: datetime, alg: str, keys: list[Record], intervals: Intervals, wanted: bool
) -> list[Action]:
    active = _in_state(keys, State.ACTIVE)
    next_keys = _in_state(keys, State.NEXT)
    surplus: list[Action] = [Supersede(key.kid) for key in active[1:]]
    if not active:
        return _plan_first_key(alg, next_keys, wanted)
    due = (active[0].activated_at or active[0].published_at) + intervals.age
    if not next_keys:
        early = due - intervals.propagation_time <= now
        return [*surplus, Generate(alg, State.NEXT)] if early else surplus
    if due <= now and ready_at(next_keys[-1], intervals) <= now:
        return [*surplus, Promote(next_keys[-1].kid), Supersede(active[0].kid)]
    return surplus


def _plan_first_key(alg: str, next_keys: list[Record], wanted: bool) -> list[Action]:
    if next_keys:
        return [Promote(next_keys[-1].kid)]
    return [Generate(alg, State.ACTIVE)] if wanted else []


def _in_state(keys: list[Record], state: State) -> list[Record]:
    """Return the keys in `state`, the one in use for the shortest time first."""

    def moment(key: Record) -> tuple[datetime, str]:
        return (key.activated_at or key.published_at, key.kid)

    return sorted((k for k in keys if k.state == state), key=moment, reverse=True)


def _plan_retirement(
    now: datetime, alg: str, keys: list[Record], intervals: Intervals
) -> list[Action]:
    retention = intervals.retention_time(alg)
    return [
        Retire(key.kid)
        for key in _in_state(keys, State.RETIRING)
        if (key.retiring_at or now) + retention <= now
    ]
