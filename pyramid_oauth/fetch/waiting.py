"""Count of the threads that wait for documents of clients, in all and by host."""

from __future__ import annotations

from collections import Counter


class WaitingThreads:
    """Limits how many threads wait at the same time.

    One host may hold half of them (rounded up), so that a slow server cannot refuse
    the documents of all others. It has no lock of its own: the fetcher holds one.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._limit_per_host = (limit + 1) // 2
        self._by_host: Counter[str] = Counter()

    def enter(self, host: str) -> bool:
        """Count this thread; False if a limit is reached, and it must not wait."""
        is_full = self._by_host.total() >= self._limit
        if is_full or self._by_host[host] >= self._limit_per_host:
            return False
        self._by_host[host] += 1
        return True

    def leave(self, host: str) -> None:
        """Remove this thread from the count."""
        self._by_host[host] -= 1
        if not self._by_host[host]:
            del self._by_host[host]
