"""The clock of the package, which tests can freeze.

No specification. No other module reads the system's wall clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_frozen_at: datetime | None = None


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return _frozen_at or datetime.now(UTC)


def frozen_time() -> datetime | None:
    """Return the time at which the clock is frozen, else None."""
    return _frozen_at


def timestamp() -> int:
    """Return the current time in seconds since the epoch (NumericDate, RFC 7519)."""
    return int(now().timestamp())


class Frozen:
    """A stopped clock that tests can advance."""

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
