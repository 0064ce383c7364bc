"""The time, from one place: everything that expires asks here.

Tests move it with `frozen`; nothing else in the package reads a wall clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_frozen_at: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen_at or datetime.now(UTC)


def timestamp() -> int:
    """The present moment as whole seconds since the epoch (a JWT NumericDate)."""
    return int(now().timestamp())


class Frozen:
    """A clock that stands still until it is told to advance."""

    def advance(self, seconds: float) -> None:
        """Move the frozen time forward by `seconds`."""
        global _frozen_at
        _frozen_at = now() + timedelta(seconds=seconds)


@contextmanager
def frozen(at: datetime | None = None) -> Iterator[Frozen]:
    """Stop the clock at `at` (default: now) inside the block; for tests only."""
    global _frozen_at
    previous, _frozen_at = _frozen_at, at or now()
    try:
        yield Frozen()
    finally:
        _frozen_at = previous
