"""From a host name to the addresses that may be connected to, once.

RFC 9728 section 7.7: no request to internal addresses. What is checked here is what is
connected to; nothing asks the DNS a second time, so rebinding gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread

from pyramid_oauth.fetch.addresses import Address, is_public, parse_address
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.transport import Deadline
from pyramid_oauth.fetch.url import Target

Resolver = Callable[[str, int], Sequence[str]]
"""Called with host and port, gives addresses as text; OSError if there are none."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """All addresses the operating system knows for `host`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Pinning:
    """Resolves targets and lets pass only those whose every address is allowed."""

    def __init__(
        self, resolver: Resolver, *, allow_private: bool, max_concurrent: int
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._slots = BoundedSemaphore(max_concurrent)

    def addresses(self, target: Target, deadline: Deadline) -> list[Address]:
        """The addresses to connect to, in order of preference; raises FetchError."""
        if target.address is not None:
            found: list[Address | None] = [target.address]
        else:
            found = [parse_address(text) for text in self._look_up(target, deadline)]
        if not found:
            raise FetchError(Reason.UNRESOLVED, str(target))
        allowed = [address for address in found if address and self._allows(address)]
        if len(allowed) < len(found):
            raise FetchError(Reason.ADDRESS, str(target))
        return allowed

    def _allows(self, address: Address) -> bool:
        return self._allow_private or is_public(address)

    def _look_up(self, target: Target, deadline: Deadline) -> Sequence[str]:
        """Ask the resolver in a thread, as getaddrinfo cannot be given a time limit."""
        if not self._slots.acquire(timeout=deadline.left()):
            raise FetchError(Reason.BUSY, str(target))
        answer: Future[Sequence[str]] = Future()
        Thread(target=self._answer, args=(target, answer), daemon=True).start()
        try:
            return answer.result(timeout=deadline.left())
        except TimeoutError:
            raise FetchError(Reason.TIMEOUT, str(target)) from None
        except (OSError, UnicodeError) as error:
            raise FetchError(Reason.UNRESOLVED, str(target)) from error

    def _answer(self, target: Target, answer: Future[Sequence[str]]) -> None:
        """Run one look-up; the slot is freed only when it really ended."""
        try:
            answer.set_result(self._resolver(target.host, target.port))
        except BaseException as error:
            answer.set_exception(error)
        finally:
            self._slots.release()
