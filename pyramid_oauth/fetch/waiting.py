"""Count of the threads that wait for documents of clients, in all and by server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_network

from pyramid_oauth.fetch.addresses import Address

IPV6_PREFIX = 64
"""Bits of a network that one server may have to itself."""


class WaitingThreads:
    """Limits how many threads wait at the same time.

    One server may hold half of them (rounded up), so that a slow one cannot refuse the
    documents of all others. Hosts are one server if they share an address, once their
    names are resolved. It has no lock of its own: the fetcher holds one.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._limit_per_server = (limit + 1) // 2
        self._by_host: Counter[str] = Counter()
        self._networks: dict[str, frozenset[str]] = {}

    def enter(self, host: str) -> bool:
        """Count this thread; False if a limit is reached, and it must not wait."""
        is_full = self._by_host.total() >= self._limit
        if is_full or self._at_server_of(host) >= self._limit_per_server:
            return False
        self._by_host[host] += 1
        return True

    def locate(self, host: str, addresses: Iterable[Address]) -> bool:
        """Note where a host is that a thread waits for; False if it must not wait."""
        self._networks[host] = frozenset(map(_network, addresses))
        return self._at_server_of(host) <= self._limit_per_server

    def leave(self, host: str) -> None:
        """Remove this thread from the count."""
        self._by_host[host] -= 1
        if not self._by_host[host]:
            del self._by_host[host]
            self._networks.pop(host, None)

    def _at_server_of(self, host: str) -> int:
        """Return how many threads wait for the server of this host."""
        mine = self._networks.get(host, frozenset())
        return sum(
            count
            for other, count in self._by_host.items()
            if other == host or mine & self._networks.get(other, frozenset())
        )


def _network(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
