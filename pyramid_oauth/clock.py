"""The clock of the package, which tests can freeze.

No specification. No other module reads the system's wall clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

frozen_at: datetime | None = None
"""The time at which the clock is stopped, for what asks the clock of the database."""


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return frozen_at or datetime.now(UTC)


def timestamp() -> int:
    """Return the current time in seconds since the epoch (NumericDate, RFC 7519)."""
    return int(now().timestamp())


class Frozen:
    """A stopped clock that tests can advance."""

    def advance(self, seconds: float) -> None:
        """Move the frozen time forward by `seconds`."""
        global frozen_at
        frozen_at = now() + timedelta(seconds=seconds)


@contextmanager
def frozen(at: datetime | None = None) -> Iterator[Frozen]:
    """Stop the clock at `at` (default: now) inside the block; for tests only."""
    global frozen_at
    previous, frozen_at = frozen_at, at or now()
    try:
        yield Frozen()
    finally:
        frozen_at = previous
