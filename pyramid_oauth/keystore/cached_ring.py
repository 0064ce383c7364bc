"""The ring of a running process: reloaded now and then, read without waiting.

No specification; the interval is one of those in `keys.rotation`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from pyramid_oauth.jose.errors import NoSuchKey
from pyramid_oauth.keystore.key_ring import KeyRing, RingKey

SessionMaker = Callable[[], Session]


class KeySource(Protocol):
    """Where keys come from; asked again at every reload.

    `session` is called only by a source that reads the database.
    """

    def load(self, session: SessionMaker) -> Sequence[RingKey]:
        """The keys of this source, those in use first."""


class CachedKeyRing:
    """Holds the present KeyRing and replaces it as a whole.

    When `interval` seconds are over, one request reloads while all others go on with
    the old ring. A key that is missing is looked for at once, at most every `eager`
    seconds: another process may just have made the first one.
    """

    def __init__(
        self,
        sources: Sequence[KeySource],
        *,
        interval: float = 60,
        eager: float = 5,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.interval, self.eager = interval, eager
        self._sources = tuple(sources)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None
        self._loaded_at = 0.0

    def current(self, session: SessionMaker) -> KeyRing:
        """The ring, at most `interval` seconds (and one reload) old.

        Database errors of a reload are the request's own and are not caught.
        """
        ring = self._ring
        if ring is None:
            return self._first(session)
        if self._age() >= self.interval:
            return self._reloaded(session) or ring
        return ring

    def signer(self, alg: str, session: SessionMaker) -> RingKey:
        """The active key for `alg`; NoSuchKey if even a reload finds none."""
        try:
            return self.current(session).signer(alg)
        except NoSuchKey:
            return self._fresh(session).signer(alg)

    def find(self, kid: str, session: SessionMaker) -> RingKey | None:
        """The key of this identifier, unless retired; None if there is none."""
        found = self.current(session).find(kid)
        return found or self._fresh(session).find(kid)

    def expire(self) -> None:
        """Let the next use reload, for example after a rotation in this process."""
        self._loaded_at = float("-inf")

    def _age(self) -> float:
        return self._monotonic() - self._loaded_at

    def _fresh(self, session: SessionMaker) -> KeyRing:
        ring = self.current(session)
        if self._age() >= self.eager:
            return self._reloaded(session) or ring
        return ring

    def _first(self, session: SessionMaker) -> KeyRing:
        # The only wait: before the first ring there is nothing to go on with.
        with self._lock:
            return self._ring or self._load(session)

    def _reloaded(self, session: SessionMaker) -> KeyRing | None:
        """A new ring, or None while another thread is at it."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._load(session)
        finally:
            self._lock.release()

    def _load(self, session: SessionMaker) -> KeyRing:
        if self._ring is not None:
            # Set first, so that a failing reload is not repeated by every request.
            self._loaded_at = self._monotonic()
        keys = [key for source in self._sources for key in source.load(session)]
        self._ring = KeyRing(keys)
        self._loaded_at = self._monotonic()
        return self._ring
