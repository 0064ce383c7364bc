"""Load the keys when the application is made, before its first request.

No specification. A process that has its keys in memory publishes them, and signs with
them, while the database is away.
"""

from __future__ import annotations

import logging
from functools import partial
from threading import Thread

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from pyramid_oauth.database import separate_engine
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.transactions import find_engine

LATE = 300
"""After every action that the database or the server depends on."""

LIMIT = 1.0
"""Seconds that the start waits for the keys; a database that hangs must not stop it."""

log = logging.getLogger(__name__)


def load_keys(registry: Registry) -> None:
    """Load the keys in a thread, and wait for it for a moment."""
    thread = Thread(target=_load, args=(registry,), name="keys", daemon=True)
    thread.start()
    thread.join(LIMIT)


def _load(registry: Registry) -> None:
    server: Server = registry[SERVER]
    try:
        engine = find_engine(registry)
        if server.ring is None or engine is None or _has_one_connection(engine):
            return
        _read(server.ring, engine)
    except Exception as error:  # the first request that needs keys says more
        log.info("the keys were not loaded at the start: %s", type(error).__name__)


def _has_one_connection(engine: Engine) -> bool:
    """Whether a second pool would be another database."""
    return isinstance(engine.pool, SingletonThreadPool | StaticPool)


def _read(ring: CachedKeyRing, engine: Engine) -> None:
    # A process that forks later must not share a connection of the pool.
    own = separate_engine(engine)
    try:
        with Session(own) as session:
            ring.load_ahead(lambda: session)
    finally:
        own.dispose()


def includeme(config: Configurator) -> None:
    """Load the keys at the start if the settings say so."""
    if config.registry[SETTINGS][KeystoreSettings].load_keys_at_start:
        # No subscriber: with one, Pyramid makes and sends four events for each request.
        load = partial(load_keys, config.registry)
        config.action("oauth keys in memory", load, order=LATE)
