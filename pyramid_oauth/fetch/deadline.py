"""One moment by which a whole request must be over.

OpenID Connect Core 6.2 has the server fetch while a user waits. Time-outs per read, all
that HTTP libraries offer, let a peer that drips bytes hold a worker for ever.
"""

from __future__ import annotations

import time

_SHORTEST = 0.001


class Deadline:
    """Counts down from `seconds`, on a clock that nobody can set."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds left; never 0, which sockets take for "do not wait"."""
        return max(self._end - time.monotonic(), _SHORTEST)
