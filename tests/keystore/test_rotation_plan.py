"""The plan of a key rotation (property-based)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pyramid_oauth.keystore.key_ring import State
from pyramid_oauth.keystore.rotation import (
    Generate,
    Intervals,
    Promote,
    Retire,
    Supersede,
    plan,
)

HOUR, DAY = 3600, 86400

INTERVALS = Intervals(
    jwks_max_age=HOUR, longest_token_lifetime=2 * HOUR, rotate_every=DAY
)


START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Record:
    """A key with the columns that the plan reads."""

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
    """For any table: one active key after one plan, no change by a second plan."""
    algorithms = ["ES256", "RS256"]
    for _ in range(2):
        for action in plan(now, keys, INTERVALS, algorithms):
            apply(action, keys, now)
    assert plan(now, keys, INTERVALS, algorithms) == ()
    for alg in algorithms:
        active = [k for k in keys if k.alg == alg and k.state == State.ACTIVE]
        assert len(active) == 1


def apply(action: object, keys: list[Record], now: datetime) -> None:
    """Apply an action of the plan to records."""
    if isinstance(action, Generate):
        kid = f"generated-{len(keys)}"
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
