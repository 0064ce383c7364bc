"""Key ring of a process, cached and reloaded periodically without blocking.

No specification; the interval is one of those in `keystore.rotation`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pyramid_oauth.jose.errors import NoSuchKey
from pyramid_oauth.keystore.key_ring import KeyRing, RingKey

SessionMaker = Callable[[], Session]

log = logging.getLogger(__name__)


class KeySource(Protocol):
    """A source of keys, loaded at every reload.

    Only a source that reads the database calls `session`.
    """

    def load(self, session: SessionMaker) -> Sequence[RingKey]:
        """Return the keys of this source, active ones first."""


class CachedKeyRing:
    """Holds the current KeyRing and replaces it as a whole.

    After `interval` seconds one request reloads it, while others use the old ring. For
    an unknown key it reloads at once, at most every `eager` seconds: another process
    may have just generated it.
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
        """Return the ring, at most `interval` seconds (and one reload) old.

        A reload that the database fails is logged, and the ring before it is used.
        """
        ring = self._ring
        if ring is None:
            return self._load_first(session)
        if self._age() >= self.interval:
            return self._reload(session) or ring
        return ring

    def load_ahead(self, session: SessionMaker) -> None:
        """Load the first ring, where there is none and there are keys.

        It takes no lock, since the process may fork meanwhile. Without keys nothing is
        kept: the first key must sign as soon as it exists.
        """
        keys = [key for source in self._sources for key in source.load(session)]
        if keys and self._ring is None:
            self._loaded_at = self._monotonic()
            self._ring = KeyRing(keys)

    def signer(self, alg: str, session: SessionMaker) -> RingKey:
        """Return the active key for `alg`; NoSuchKey if a reload finds none."""
        try:
            return self.current(session).signer(alg)
        except NoSuchKey:
            return self._refresh(session).signer(alg)

    def find(self, kid: str, session: SessionMaker) -> RingKey | None:
        """Return the key of this identifier unless retired, or None."""
        key = self.current(session).find(kid)
        return key or self._refresh(session).find(kid)

    def expire(self) -> None:
        """Make the next use reload, such as after a rotation in this process."""
        self._loaded_at = float("-inf")

    def _age(self) -> float:
        return self._monotonic() - self._loaded_at

    def _refresh(self, session: SessionMaker) -> KeyRing:
        ring = self.current(session)
        if self._age() >= self.eager:
            return self._reload(session) or ring
        return ring

    def _load_first(self, session: SessionMaker) -> KeyRing:
        # The only blocking load: there is no older ring to use.
        with self._lock:
            return self._ring or self._load(session)

    def _reload(self, session: SessionMaker) -> KeyRing | None:
        """Return a new ring; None while another thread reloads, and if that fails.

        The keys that are in memory go on signing while the database is away.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._load(session)
        except SQLAlchemyError:
            log.exception("the keys were not reloaded; those in memory are used")
            return None
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
