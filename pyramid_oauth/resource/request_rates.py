"""Rates of requests, and their counting in the memory of a process.

RFC 6585 section 4 (status 429). Counting is by the generic cell rate algorithm: a key
that has used up its quota gets it back evenly over the window, never twice at once.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from pyramid_oauth.resource.token_identity import TokenIdentity

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_RATE = re.compile(
    r"(?P<quota>[1-9]\d{0,8})/(?P<times>[1-9]\d{0,4})?"
    r"(?P<unit>s|second|m|minute|h|hour|d|day)"
)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")

EACH, USER, CLIENT = "each", "user", "client"
"""What is counted: a user with a client, a user with all, a client with all users."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A permitted number of requests within a window of seconds."""

    quota: int
    window: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Parse `100/m`, `1000/10m` or `5/second`; raise ValueError otherwise."""
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a rate such as 100/m, 5/s or 1000/10m")
        window = int(match["times"] or 1) * _UNITS[match["unit"][0]]
        return cls(int(match["quota"]), window)


@dataclass(frozen=True, slots=True)
class Usage:
    """What is left of a quota after a request.

    Attributes:
        remaining: Requests that are permitted at once.
        reset: Seconds until the whole quota is there again.
        wait: Seconds until the next request is permitted; 0 if this one was.
    """

    remaining: int
    reset: int
    wait: int = 0


class RequestCounter(Protocol):
    """Counts requests; for several processes, one with a store that they share."""

    def count(self, key: str, rate: Rate, at: float, /) -> Usage:
        """Count a request of `key` at the time `at`, unless it is refused.

        What is raised reaches the caller as an error of the server; return a `Usage`
        with what remains if a request is to pass while the store cannot be reached.
        """


class MemoryCounter:
    """Counts the requests of this process in bounded memory.

    Args:
        most_keys: The keys that are remembered; beyond that the one that was not used
            for the longest time is forgotten, and has its whole quota again.
    """

    def __init__(self, most_keys: int) -> None:
        self._most_keys = most_keys
        self._arrivals: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def count(self, key: str, rate: Rate, at: float, /) -> Usage:
        """Count a request, in constant time."""
        with self._lock:
            # The time at which the quota is whole again. A clock that was set back
            # makes nobody wait for longer than a window.
            whole = min(max(self._arrivals.get(key, at), at), at + rate.window)
            usage, whole = _spend(rate, whole, at)
            self._arrivals[key] = whole
            self._arrivals.move_to_end(key)
            if len(self._arrivals) > self._most_keys:
                self._arrivals.popitem(last=False)
        return usage

    def __len__(self) -> int:
        return len(self._arrivals)


def _spend(rate: Rate, whole: float, at: float) -> tuple[Usage, float]:
    """Return the usage after one more request, and when the quota is whole again."""
    interval = rate.window / rate.quota
    spent = whole + interval
    excess = spent - at - rate.window
    if excess > 1e-6:
        return Usage(0, math.ceil(whole - at), max(1, math.ceil(excess))), whole
    remaining = int((rate.window - (spent - at)) / interval + 1e-6)
    return Usage(remaining, math.ceil(spent - at)), spent


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate, for whom it is, and its name for clients."""

    kind: str
    rate: Rate
    label: str

    def key(self, identity: TokenIdentity) -> str:
        """Return the key of a counter; a client alone is its own user."""
        client, user = identity.client_id, identity.user_id
        if self.kind == CLIENT:
            user = None
        elif self.kind == USER and user is not None:
            client = ""
        # With its length no name can run into the next one. Of another issuer a client
        # or user of the same name is another one.
        issuer = "" if identity.issuer is None else f"{identity.issuer}:"
        of_user = "" if user is None else f":{user}"
        whose = f"{len(issuer)}:{issuer}{len(client)}:{client}{of_user}"
        return f"{self.label}:{self.rate.quota}/{self.rate.window}:{whose}"


@dataclass(frozen=True, slots=True)
class Throttle:
    """The limits of a view, the narrowest first.

    A request over a narrow limit does not count under a wider one: a user cannot use up
    what other users of the client have. Views with the same text share their counters.

    Attributes:
        limits: Each limit.
        policy: The value of the header `RateLimit-Policy`.
    """

    limits: tuple[Limit, ...]
    policy: str

    @classmethod
    def parse(cls, text: str) -> Throttle:
        """Parse words such as `100/m user=200/m client=10000/h name=search`.

        Raises:
            ValueError: A word is malformed or repeated, or there is no rate.
        """
        given = _words(text)
        name = given.pop("name", "")
        if not given or (name and not _NAME.fullmatch(name)):
            raise ValueError(f"{text!r} has no rate, or a malformed name")
        limits = tuple(
            Limit(kind, Rate.parse(given[kind]), f"{name}-{kind}" if name else kind)
            for kind in (EACH, USER, CLIENT)
            if kind in given
        )
        policies = (f'"{x.label}";q={x.rate.quota};w={x.rate.window}' for x in limits)
        return cls(limits, ", ".join(policies))


def _words(text: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in text.split():
        kind, equals, value = word.partition("=")
        kind, value = (kind, value) if equals else (EACH, word)
        if kind in given or kind not in ("name", EACH, USER, CLIENT):
            raise ValueError(f"{word!r} is repeated or unknown in {text!r}")
        given[kind] = value
    return given
