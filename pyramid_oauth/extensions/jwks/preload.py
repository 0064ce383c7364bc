"""Load the keys when the application is made, before its first request.

No specification. A process that has its keys in memory publishes them, and signs with
them, while the database is away.
"""

from __future__ import annotations

import logging
from threading import Thread

from pyramid.events import ApplicationCreated
from pyramid.scripting import prepare
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.settings import SETTINGS

LIMIT = 1.0
"""Seconds that the start waits for the keys; a database that hangs must not stop it."""

log = logging.getLogger(__name__)


def load_keys(event: ApplicationCreated) -> None:
    """Load the keys in a thread, and wait for it for a moment."""
    registry = event.app.registry
    thread = Thread(target=_load, args=(registry,), name="keys", daemon=True)
    thread.start()
    thread.join(LIMIT)


def _load(registry: Registry) -> None:
    server: Server = registry[SERVER]
    try:
        engine = _engine_of(registry, server)
        if server.ring is not None and engine is not None:
            _read(server.ring, engine)
    except Exception as error:  # the first request that needs keys says more
        log.info("the keys were not loaded at the start: %s", type(error).__name__)


def _engine_of(registry: Registry, server: Server) -> Engine | None:
    """Return the engine of the keys; None if its pool has the only connection."""
    with prepare(registry=registry) as environment:
        session = server.session(environment["request"])
        bind = session.get_bind(server.models.SigningKey.__mapper__)
    if not isinstance(bind, Engine):
        return None
    return None if isinstance(bind.pool, SingletonThreadPool | StaticPool) else bind


def _read(ring: CachedKeyRing, engine: Engine) -> None:
    # A pool of its own: a process that forks later must not share its connections.
    pool = engine.pool.recreate()
    own = Engine(pool, engine.dialect, engine.url, hide_parameters=True)
    try:
        with Session(own) as session:
            ring.load_ahead(lambda: session)
    finally:
        pool.dispose()


def includeme(config: Configurator) -> None:
    """Load the keys at the start if the settings say so."""
    if config.registry[SETTINGS][KeystoreSettings].load_keys_at_start:
        config.add_subscriber(load_keys, ApplicationCreated)
