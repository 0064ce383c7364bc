"""Trace of one request: authorize steps, log records and events.

No specification. The toolbar handles a request in one thread, so the trace is in a
context variable.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.config.authorize_steps import AuthorizeStep
from pyramid_oauth.events import OAuthEvent
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.server import Server

LOGGER = logging.getLogger("pyramid_oauth")


@dataclass(frozen=True, slots=True)
class StepRun:
    """One run of an authorize step: what it did, in how many milliseconds."""

    phase: str
    name: str
    outcome: str
    milliseconds: float


@dataclass(slots=True)
class Trace:
    """What was recorded of a request.

    Attributes:
        steps: The authorize steps that ran, in their order.
        records: Level and message of the log records of this package.
        events: Name and fields of the events that were sent.
    """

    steps: list[StepRun] = field(default_factory=list)
    records: list[tuple[str, str]] = field(default_factory=list)
    events: list[tuple[str, str]] = field(default_factory=list)


_current: ContextVar[Trace | None] = ContextVar("pyramid_oauth_trace", default=None)


def traced(
    handler: Callable[[Request], Response], trace: Trace
) -> Callable[[Request], Response]:
    """Return `handler`, whose requests are recorded in `trace`."""

    def run(request: Request) -> Response:
        former = _current.set(trace)
        try:
            return handler(request)
        finally:
            _current.reset(former)

    return run


def trace_steps(server: Server) -> None:
    """Let the authorize steps of `server` report their runs."""
    server.authorize_steps = {
        phase: tuple(map(_traced_step, steps))
        for phase, steps in server.authorize_steps.items()
    }


def _traced_step(step: AuthorizeStep) -> AuthorizeStep:
    def run(authorization: object) -> Response | None:
        trace, began = _current.get(), time.perf_counter()
        outcome = "raised an error"
        try:
            response: Response | None = step.run(authorization)
            outcome = "passed" if response is None else "answered"
            return response
        except OAuth2Error as error:
            outcome = f"refused: {error.error}"
            raise
        finally:
            if trace is not None:
                elapsed = (time.perf_counter() - began) * 1000
                trace.steps.append(
                    StepRun(step.phase.value, step.name, outcome, elapsed)
                )

    return replace(step, run=run)


def record_event(event: OAuthEvent) -> None:
    """Record an event in the trace of the request; no event has a credential."""
    trace = _current.get()
    if trace is not None:
        shown = (
            f"{each.name}={getattr(event, each.name)!r}"
            for each in fields(event)
            if each.repr and each.name != "at"
        )
        trace.events.append((type(event).__name__, ", ".join(shown)))


class _TraceHandler(logging.Handler):
    """Appends log records to the trace of the request; they contain no credential."""

    def emit(self, record: logging.LogRecord) -> None:
        trace = _current.get()
        if trace is not None:
            trace.records.append((record.levelname, record.getMessage()))


HANDLER = _TraceHandler(logging.INFO)


def start_recording() -> None:
    """Record what this package logs, from INFO on: why a request is refused."""
    LOGGER.addHandler(HANDLER)
    if not LOGGER.isEnabledFor(logging.INFO):
        LOGGER.setLevel(logging.INFO)
