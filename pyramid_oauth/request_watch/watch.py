"""The watch over the requests of a process: what is slow, what hangs, and why.

No specification. Once a second it logs what has become slow, with the statement or the
function that it is in, cuts the connection of what has taken too long, and finds out
whether the database answers at all.
"""

from __future__ import annotations

import logging
import sys
from threading import Event
from time import monotonic
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine

from pyramid_oauth.database import separate_engine
from pyramid_oauth.fast_session import DATABASE, OVERDUE
from pyramid_oauth.fast_session.outages import cut_connection, watch_outages
from pyramid_oauth.health import DatabaseProbe
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.request_watch.thread_position import find_position
from pyramid_oauth.transactions import find_engine

log = logging.getLogger(__name__)

Running = dict[int, tuple[float, dict[str, Any]]]
"""By thread: when a request began (monotonic), and its WSGI environment."""

TICK = 1.0
"""Seconds between two looks at the requests."""

STALLED_AFTER = 5.0
"""Seconds of a wait for the database after which it is asked whether it answers."""


def describe_request(environ: dict[str, Any]) -> str:
    """Return method and path for the log; a query may hold credentials."""
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"))
    return f"{environ.get('REQUEST_METHOD', '')} {path}"


class RequestWatch:
    """Looks at the requests in progress.

    Args:
        running: the requests in progress.
        registry: the registry of the application.
        slow: seconds after which a request is logged; 0 logs none.
        limit: seconds after which the connection is cut that a request waits at; 0
            cuts none.
    """

    def __init__(
        self, running: Running, registry: Registry, *, slow: float, limit: float
    ) -> None:
        self._running, self._registry = running, registry
        self._slow, self._limit = slow, limit
        self._engine: Engine | None = None
        self._is_stalled = False
        self._probe = DatabaseProbe()
        self._logged: set[tuple[int, float]] = set()

    def run(self, stop: Event, wake: Event) -> None:
        """Look once a second, until `stop` is set."""
        self._prepare()
        while not stop.wait(TICK):
            try:
                self.look()
            except Exception:
                log.exception("the requests in progress were not looked at")
        if self._engine is not None:
            self._engine.dispose()

    def _prepare(self) -> None:
        """Find the engine, so that the error of a cut connection is answered 503."""
        if not self._limit:
            return
        try:
            engine = find_engine(self._registry)
        except Exception:
            log.exception("the database of the server was not found")
            return
        if engine is not None:
            watch_outages(engine)
            # Its own pool may be exhausted by slow statements of the host.
            self._engine = separate_engine(engine)

    def look(self) -> None:
        """Log, cut, and note whether the database is stalled."""
        moment = monotonic()
        running = [(each, at) for each, (at, _) in list(self._running.items())]
        oldest = max((moment - at for _, at in running), default=0.0)
        if self._is_stalled or (self._limit and oldest >= STALLED_AFTER):
            self._note_stall()
        limit = STALLED_AFTER if self._is_stalled else self._limit
        for thread, started in running:
            age = moment - started
            if self._slow and age >= self._slow:
                self._log_once(thread, started)
            if limit and age >= limit:
                self._end(thread, started)

    def _find(self, thread: int, started: float) -> tuple[float, dict[str, Any]] | None:
        """Return the request, unless the thread serves another one by now."""
        found = self._running.get(thread)
        return found if found is not None and found[0] == started else None

    def _note_stall(self) -> None:
        if self._engine is None:
            return
        problem = self._probe.find_problem(self._engine)
        database = self._registry.get(DATABASE)
        if problem and not self._is_stalled:
            end = "and is not asked" if database else "requests end after 5 s"
            log.error("the database does not answer, %s: %s", end, problem)
        elif not problem and self._is_stalled:
            log.warning("the database answers again")
        self._is_stalled = problem is not None
        if database is not None:
            database.is_stalled = self._is_stalled

    def _log_once(self, thread: int, started: float) -> None:
        found = self._find(thread, started)
        if found is None:
            return
        self._logged &= {(each, at) for each, (at, _) in list(self._running.items())}
        if (thread, started) in self._logged:
            return
        self._logged.add((thread, started))
        position = find_position(sys._current_frames().get(thread))
        seconds = monotonic() - started
        described = describe_request(found[1])
        log.warning("slow request: %s, %.1f s so far: %s", described, seconds, position)

    def _end(self, thread: int, started: float) -> None:
        """Cut the connection that a request waits at; the request is answered 503."""
        found = self._find(thread, started)
        position = find_position(sys._current_frames().get(thread))
        if found is None or position.link is None:
            return
        environ = found[1]
        environ[OVERDUE] = True
        # Another request may have the thread, and the connection, by now.
        if self._running.get(thread) is found and cut_connection(position.link):
            described = describe_request(environ)
            age = monotonic() - started
            log.error(
                "slow request: %s ended after %.0f s: %s", described, age, position
            )
