"""DNS resolution with pinned addresses, against DNS rebinding.

RFC 9728 section 7.7: no request to internal addresses. The addresses checked here are
those connected to; the name is not resolved a second time.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread

from pyramid_oauth.fetch.addresses import Address, is_public, parse_address
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.transport import Deadline
from pyramid_oauth.fetch.url import Target

Resolver = Callable[[str, int], Sequence[str]]
"""Takes host and port, returns addresses as text; raises OSError without any."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return all addresses of `host` from the resolver of the operating system."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


_LOCALHOST = re.compile(r"(?:\A|\.)localhost\Z")


class PinningResolver:
    """Resolves the host of a target and refuses it if any address is not public."""

    def __init__(
        self, resolver: Resolver, *, allow_private: bool, max_concurrent: int
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._slots = BoundedSemaphore(max_concurrent)

    def resolve(self, target: Target, deadline: Deadline) -> list[Address]:
        """Return the addresses in order of preference; raise FetchError."""
        if target.address is not None:
            addresses: list[Address | None] = [target.address]
        else:
            addresses = [
                parse_address(text) for text in self._look_up(target, deadline)
            ]
        if not addresses:
            raise FetchError(Reason.UNRESOLVED, str(target))
        allowed = [
            address for address in addresses if address and self._is_allowed(address)
        ]
        if len(allowed) < len(addresses):
            raise FetchError(Reason.ADDRESS, str(target))
        return allowed

    def check_literal(self, target: Target) -> None:
        """Raise FetchError if the host itself is a private or loopback address.

        Names below `localhost` are loopback addresses (RFC 6761 section 6.3).
        """
        if target.address is not None:
            allowed = self._is_allowed(target.address)
        else:
            allowed = self._allow_private or not _LOCALHOST.search(target.host)
        if not allowed:
            raise FetchError(Reason.ADDRESS, str(target))

    def _is_allowed(self, address: Address) -> bool:
        return self._allow_private or is_public(address)

    def _look_up(self, target: Target, deadline: Deadline) -> Sequence[str]:
        """Run the resolver in a thread, since getaddrinfo has no time-out."""
        if not self._slots.acquire(timeout=deadline.remaining()):
            raise FetchError(Reason.BUSY, str(target))
        answer: Future[Sequence[str]] = Future()
        Thread(target=self._run_resolver, args=(target, answer), daemon=True).start()
        try:
            return answer.result(timeout=deadline.remaining())
        except TimeoutError:
            raise FetchError(Reason.TIMEOUT, str(target)) from None
        except (OSError, UnicodeError) as error:
            raise FetchError(Reason.UNRESOLVED, str(target)) from error

    def _run_resolver(self, target: Target, answer: Future[Sequence[str]]) -> None:
        """Run the resolver; release the slot only when it has returned."""
        try:
            answer.set_result(self._resolver(target.host, target.port))
        except BaseException as error:
            answer.set_exception(error)
        finally:
            self._slots.release()
