"""One HTTP request and its answer, whatever carries them.

RFC 9110; a flow is written once and runs over a socket or in-process.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode


class Unexpected(Exception):
    """A server answered something the flow does not allow; nothing is counted."""


@dataclass(frozen=True, slots=True)
class Request:
    """Method, path with query, header lines and body."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, header pairs in lower case names, and body."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header called ``name`` (lower case), or ''."""
        return next((value for key, value in self.headers if key == name), "")


Exchange = Callable[[Request], Answer]
Unit = Generator[Request, Answer, None]


class Flow(Protocol):
    """A scripted flow; ``unit`` is what is counted once."""

    @property
    def name(self) -> str:
        """Return what the table calls it."""

    def unit(self, worker: int) -> Unit:
        """Yield requests, receive answers; raise Unexpected on a wrong one."""


def form(
    target: str,
    fields: Mapping[str, str] | Sequence[tuple[str, str]],
    *headers: tuple[str, str],
) -> Request:
    """Build a POST of an urlencoded form."""
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    return Request("POST", target, (kind, *headers), urlencode(fields).encode())


def expect(answer: Answer, *statuses: int) -> Answer:
    """Return the answer if its status is allowed, else raise Unexpected."""
    if answer.status not in statuses:
        raise Unexpected(f"status {answer.status}: {answer.body[:500]!r}")
    return answer


def perform(flow: Flow, exchange: Exchange, worker: int = 0) -> int:
    """Run one unit of a flow and return the number of requests it made."""
    script = flow.unit(worker)
    requests, pending = 0, next(script)
    while True:
        requests += 1
        try:
            pending = script.send(exchange(pending))
        except StopIteration:
            return requests
