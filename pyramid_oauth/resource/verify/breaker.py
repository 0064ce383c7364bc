"""Circuit breaker: a server that fails is left alone for a while.

No specification. Without it each thread of an API would wait for the time limit of a
server that hangs.
"""

from __future__ import annotations

import time
from threading import Lock

from pyramid_oauth.resource.verify.errors import VerifierUnavailable

FAILURES = 3
"""Failures in succession after which requests are refused at once."""

PAUSE = 5
"""Seconds until one request tries again."""


class Breaker:
    """Counts failures in succession. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures = 0
        self._closed_until = 0.0

    def check(self) -> None:
        """Raise VerifierUnavailable during a pause; after it let one thread through."""
        if self._failures < FAILURES:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._closed_until:
                raise VerifierUnavailable("the server failed before", retry_after=PAUSE)
            self._closed_until = now + PAUSE

    def failed(self) -> None:
        """Count a failure."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._closed_until = time.monotonic() + PAUSE

    def succeeded(self) -> None:
        """Forget the failures."""
        if self._failures:
            with self._lock:
                self._failures = 0
