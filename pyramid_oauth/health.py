"""Liveness and readiness of a process, for supervisors and load balancers.

``config.include("pyramid_oauth.health")`` adds two addresses, below the
``route_prefix`` of the include: ``/healthz`` answers while the process serves requests
at all, ``/readyz`` while its database answers too. The ready-made server has both.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import Engine, select

from pyramid_oauth.http.responses import json_answer, not_allowed
from pyramid_oauth.server import Server

LIMIT = 1.0
"""Seconds in which the database must answer."""

METHODS = ("GET", "HEAD")

PROBE = "pyramid_oauth.health.probe"

log = logging.getLogger(__name__)


class _Attempt:
    """One SELECT in a thread of its own, which may hang without harm."""

    def __init__(self, engine: Engine) -> None:
        self.finished = threading.Event()
        self.problem: str | None = None
        self._engine = engine
        # A daemon: it must not keep the process from ending.
        threading.Thread(target=self._run, name="readiness", daemon=True).start()

    def _run(self) -> None:
        try:
            with self._engine.connect() as connection:
                connection.execute(select(1))
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}".partition("\n")[0]
        finally:
            self.finished.set()


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
        if attempt.finished.wait(LIMIT):
            return attempt.problem
        return f"no answer within {LIMIT:g} s"


def is_alive(request: Any) -> Response:
    """Answer 200 (liveness)."""
    if request.method not in METHODS:
        return not_allowed(*METHODS)
    return json_answer(request, '{"status": "ok"}')


def is_ready(request: Any) -> Response:
    """Answer 200 or 503 (readiness); only the log says why."""
    if request.method not in METHODS:
        return not_allowed(*METHODS)
    server: Server = request.oauth.server
    session = server.session(request)
    engine = session.get_bind(server.models.Application.__mapper__).engine
    problem = request.registry[PROBE].find_problem(engine)
    if problem is None:
        return json_answer(request, '{"status": "ok"}')
    log.error("not ready: the database does not answer: %s", problem)
    body = '{"status": "unavailable"}'
    return json_answer(request, body, 503, ("Retry-After", "1"))


def includeme(config: Any) -> None:
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
