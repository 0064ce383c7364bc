"""Replay detection for DPoP proofs: each is used once (RFC 9449 section 11.1)."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Protocol

from pyramid_oauth import clock
from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.request import AnyRequest

STORE = "pyramid_oauth.dpop_replay_store"
"""Registry key of the store."""


class ReplayStore(Protocol):
    """A store of used proofs; all processes of a server should share one."""

    def consume(
        self, request: AnyRequest, identifier: str, expires_at: datetime
    ) -> bool:
        """Mark a proof as used; return False if it was used before.

        Args:
            request: The Pyramid request.
            identifier: What may be used once, as text of any length.
            expires_at: When the proof is refused anyway (aware).
        """


class MemoryReplayStore:
    """The used proofs of one process.

    Another process of the same server accepts them once more. Beyond `most` proofs
    the oldest are forgotten.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._used: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = Lock()

    def consume(
        self, request: AnyRequest, identifier: str, expires_at: datetime
    ) -> bool:
        """Mark a proof as used; return False if it was used before."""
        digest, now = sha256(identifier.encode()).digest(), clock.now()
        with self._lock:
            self._forget_expired(now)
            if digest in self._used:
                return False
            self._used[digest] = expires_at
            if len(self._used) > self._most:
                self._used.popitem(last=False)
        return True

    def _forget_expired(self, now: datetime) -> None:
        # They expire in the order in which they came.
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)


def set_oauth_dpop_replay_store(config: Configurator, store: ReplayStore | str) -> None:
    """Set where used DPoP proofs are remembered.

    The extension `dpop` of an authorization server sets its database; a resource
    server alone has the memory of each process.

    Args:
        store: An object with the method of `ReplayStore`, or its dotted name.

    Raises:
        ConfigurationError: The store has no method `consume`.
    """
    resolved: ReplayStore = config.maybe_dotted(store)
    if not callable(getattr(resolved, "consume", None)):
        raise ConfigurationError(f"{store!r} has no method consume")
    introspectable = config.introspectable(
        "oauth dpop replay store", STORE, repr(resolved), "OAuth"
    )
    introspectable["value"] = resolved

    def register() -> None:
        config.registry[STORE] = resolved

    config.action(STORE, register, introspectables=(introspectable,))
