"""Liveness and readiness of a process, for supervisors and load balancers.

``config.include("pyramid_oauth.health")`` adds two addresses, below the
``route_prefix`` of the include: ``/healthz`` answers while the process serves requests
at all, ``/readyz`` while its database answers too. The ready-made server has both.
"""

from __future__ import annotations

import logging
import threading
from time import monotonic
from typing import Any

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import Engine, select

from pyramid_oauth.fast_session.outages import cut_connection
from pyramid_oauth.http.responses import json_answer, not_allowed
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server, ServerRequest

LIMIT = 1.0
"""Seconds in which the database must answer."""

LATE = 5.0
"""Seconds after which an attempt is made on another connection."""

METHODS = ("GET", "HEAD")

PROBE = "pyramid_oauth.health.probe"

log = logging.getLogger(__name__)


class _Attempt:
    """One SELECT in a thread of its own, which may hang without harm."""

    def __init__(self, engine: Engine) -> None:
        self.finished = threading.Event()
        self.problem: str | None = None
        self._engine = engine
        self._link: Any = None
        self._started = monotonic()
        # A daemon: it must not keep the process from ending.
        threading.Thread(target=self._run, name="readiness", daemon=True).start()

    def _run(self) -> None:
        try:
            with self._engine.connect() as connection:
                self._link = connection.connection.dbapi_connection
                connection.execute(select(1))
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}".partition("\n")[0]
        finally:
            self.finished.set()

    def give_up_late(self) -> None:
        """End an attempt that takes too long: its connection may be dead for ever."""
        if monotonic() - self._started > LATE and not self.finished.is_set():
            cut_connection(self._link)


class DatabaseProbe:
    """Asks the database whether it answers, once at a time for all requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempt: _Attempt | None = None

    def find_problem(self, engine: Engine) -> str | None:
        """Why the database does not answer within `LIMIT` seconds; None if it does."""
        with self._lock:
            if self._attempt is None or self._attempt.finished.is_set():
                self._attempt = _Attempt(engine)
            attempt = self._attempt
        attempt.give_up_late()
        if attempt.finished.wait(LIMIT):
            return attempt.problem
        return f"no answer within {LIMIT:g} s"


def is_alive(request: ServerRequest) -> Response:
    """Answer 200 (liveness)."""
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    return json_answer(request, '{"status": "ok"}')


def is_ready(request: ServerRequest) -> Response:
    """Answer 200 or 503 (readiness); only the log says why."""
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    server: Server = request.oauth.server
    session = server.session(request)
    engine = session.get_bind(server.models.Application.__mapper__).engine
    problem = request.registry[PROBE].find_problem(engine)
    if problem is None:
        return json_answer(request, '{"status": "ok"}')
    log.error("not ready: the database does not answer: %s", problem)
    body = '{"status": "unavailable"}'
    return json_answer(request, body, 503, ("Retry-After", "1"))


def includeme(config: Configurator) -> None:
    """Add the routes and views."""
    config.registry[PROBE] = DatabaseProbe()
    for name, view in (("healthz", is_alive), ("readyz", is_ready)):
        route = f"pyramid_oauth.{name}"
        config.add_route(route, f"/{name}")
        config.add_view(
            view,
            route_name=route,
            permission=NO_PERMISSION_REQUIRED,
            require_csrf=False,
        )
