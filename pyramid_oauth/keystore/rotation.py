"""When keys are made, used and withdrawn: pure functions of the time and the states.

OpenID Connect Core section 10.1.1: a key is published before its first use and until
its last signature has lost its meaning, so that a verifier may cache the set.
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
    """What the plan needs to know of a key; a mapped signing key is one."""

    kid: str
    alg: str
    state: str
    published_at: datetime
    activated_at: datetime | None
    retiring_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """All in seconds.

    `jwks_max_age` is what the key set's Cache-Control says, `longest_token_lifetime`
    that of whatever the keys sign; `reload` is the ring's own interval, `leeway` the
    clock difference forgiven, `rotate_every` the age at which a key is replaced.
    """

    jwks_max_age: int
    longest_token_lifetime: int
    reload: int = 60
    leeway: int = 60
    rotate_every: int = 90 * DAY

    @property
    def known_after(self) -> timedelta:
        """From making a key until every verifier must have seen it."""
        return timedelta(seconds=self.jwks_max_age + self.reload + self.leeway)

    @property
    def age(self) -> timedelta:
        """How long a key is active."""
        return timedelta(seconds=self.rotate_every)

    def forgotten_after(self, alg: str) -> timedelta:
        """From the end of a key's use until nobody needs it any more.

        Another process may sign for `reload` more seconds; and to an encryption key,
        clients encrypt for as long as they cache the set.
        """
        seconds = self.reload + self.leeway + self.longest_token_lifetime
        if use_of(alg) == "enc":
            seconds += self.jwks_max_age
        return timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Generate:
    """Make a key for `alg`, in this state."""

    alg: str
    state: State


@dataclass(frozen=True, slots=True)
class Promote:
    """Let the next key sign."""

    kid: str


@dataclass(frozen=True, slots=True)
class Supersede:
    """Let an active key sign no more."""

    kid: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Withdraw a key from the set and destroy its private half."""

    kid: str


Action = Generate | Promote | Supersede | Retire


def plan(
    now: datetime,
    keys: Iterable[Record],
    intervals: Intervals,
    algorithms: Sequence[str] = (),
) -> tuple[Action, ...]:
    """What is to be done at `now`, in order; nothing where all is well.

    `algorithms` are those that must have a key; with none at all for an algorithm, one
    is made and used at once, since no verifier can have cached a set without it.
    """
    records = list(keys)
    names = dict.fromkeys((*algorithms, *(key.alg for key in records)))
    actions: list[Action] = []
    for alg in names:
        mine = [key for key in records if key.alg == alg]
        actions += _replacement(now, alg, mine, intervals, alg in algorithms)
        actions += _withdrawal(now, alg, mine, intervals)
    return tuple(actions)


def ready_at(key: Record, intervals: Intervals) -> datetime:
    """The moment from which a next key may sign without surprising a verifier."""
    return key.published_at + intervals.known_after


def _replacement(
    now: datetime, alg: str, keys: list[Record], intervals: Intervals, wanted: bool
) -> list[Action]:
    active = _in_state(keys, State.ACTIVE)
    waiting = _in_state(keys, State.NEXT)
    surplus: list[Action] = [Supersede(key.kid) for key in active[1:]]
    if not active:
        return _first(alg, waiting, wanted)
    due = (active[0].activated_at or active[0].published_at) + intervals.age
    if not waiting:
        early = due - intervals.known_after <= now
        return [*surplus, Generate(alg, State.NEXT)] if early else surplus
    if due <= now and ready_at(waiting[-1], intervals) <= now:
        return [*surplus, Promote(waiting[-1].kid), Supersede(active[0].kid)]
    return surplus


def _first(alg: str, waiting: list[Record], wanted: bool) -> list[Action]:
    if waiting:
        return [Promote(waiting[-1].kid)]
    return [Generate(alg, State.ACTIVE)] if wanted else []


def _in_state(keys: list[Record], state: State) -> list[Record]:
    """Those in `state`, the one in use for the shortest time first."""

    def moment(key: Record) -> tuple[datetime, str]:
        return (key.activated_at or key.published_at, key.kid)

    return sorted((k for k in keys if k.state == state), key=moment, reverse=True)


def _withdrawal(
    now: datetime, alg: str, keys: list[Record], intervals: Intervals
) -> list[Action]:
    forgotten = intervals.forgotten_after(alg)
    return [
        Retire(key.kid)
        for key in _in_state(keys, State.RETIRING)
        if (key.retiring_at or now) + forgotten <= now
    ]
