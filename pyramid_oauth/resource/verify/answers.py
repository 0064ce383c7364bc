"""Bounded cache of what is known of a token: its identity, or that it is refused.

RFC 7662 section 4: a cached answer must not outlive the token. The keys are digests, so
that the memory of a process holds no token.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from pyramid_oauth import clock
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify.errors import InvalidToken


@dataclass(frozen=True, slots=True)
class Answer:
    """An identity, or the reason for the refusal."""

    identity: TokenIdentity | None
    reason: str = ""

    def result(self) -> TokenIdentity:
        """Return the identity; raise InvalidToken without one."""
        if self.identity is None:
            raise InvalidToken(self.reason)
        return self.identity


def digest(token: str) -> bytes:
    """Return the key of a token."""
    return sha256(token.encode()).digest()


class Answers:
    """Cache that evicts the least recently used answer. Thread-safe.

    Args:
        seconds: How long an identity is kept at most; never beyond its expiry.
        refusal_seconds: How long a refusal is kept.
        entries: Limit of answers. With 0, or with 0 seconds, nothing is kept.
    """

    def __init__(self, seconds: float, refusal_seconds: float, entries: int) -> None:
        self._seconds = seconds
        self._refusal_seconds = refusal_seconds
        self._limit = entries
        self._lock = Lock()
        self._answers: OrderedDict[bytes, tuple[float, Answer]] = OrderedDict()

    def find(self, key: bytes) -> Answer | None:
        """Return the answer if it is still good."""
        found = self._answers.get(key)
        if found is None or clock.now().timestamp() >= found[0]:
            return None
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
        return found[1]

    def store(self, key: bytes, answer: Answer) -> None:
        """Keep the answer for its time."""
        now = clock.now().timestamp()
        until = now + self._refusal_seconds
        if answer.identity is not None:
            until = now + self._seconds
            if answer.identity.expires_at is not None:
                until = min(until, answer.identity.expires_at.timestamp())
        if until <= now or not self._limit:
            return
        with self._lock:
            self._answers[key] = (until, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > self._limit:
                self._answers.popitem(last=False)
