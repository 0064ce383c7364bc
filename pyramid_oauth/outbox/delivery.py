"""Delivery of an outbox message: prepare, send, and record the result.

Back-Channel Logout sections 2.5 and 2.8; RFC 8935 section 2.4 (retries).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pyramid_oauth.clock import now
from pyramid_oauth.fetch import Fetcher, FetchError
from pyramid_oauth.fetch.errors import Reason
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.outbox.repository import ClaimedMessage
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.server import SERVER, Server, ServerRequest
from pyramid_oauth.settings import Settings
from pyramid_oauth.transactions import unit_of_work

Send = Callable[[Fetcher], int]
"""Sends a prepared message and returns the HTTP status.

It may raise FetchError, or DeliveryError where it sends by another way than HTTP.
"""

Prepare = Callable[[Any, ClaimedMessage], Send | None]
"""Called with a request (in its own transaction) and the message.

It returns None if the message is obsolete. An exception counts as a failed attempt.
"""

MAX_RETRY_DELAY = 6 * 3600
"""Maximum seconds between two attempts."""

_TRANSIENT_STATUSES = frozenset({408, 425, 429})

_PERMANENT_REASONS = frozenset(
    {
        Reason.URL,
        Reason.SCHEME,
        Reason.USERINFO,
        Reason.FRAGMENT,
        Reason.HOST,
        Reason.PORT,
        Reason.ADDRESS,
    }
)

log = logging.getLogger(__name__)


class DeliveryError(Exception):
    """A message could not be sent.

    Args:
        problem: What the log and `pyramid-oauth outbox list` show; no secret.
        final: Whether another attempt cannot succeed.
    """

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.final = final


@dataclass(frozen=True)
class Failure:
    """A failed attempt; `final` if a retry cannot succeed."""

    problem: str
    final: bool = False


def deliver(registry: Registry, message: ClaimedMessage) -> None:
    """Attempt to deliver `message` and record the result; never raise.

    If the result cannot be recorded (the database is unavailable), the lease expires.
    """
    try:
        failure = attempt(registry, message)
        with unit_of_work(registry) as request:
            record_result(request, message, failure)
    except Exception:
        log.exception("outbox message %s has no recorded result", message.id)


def attempt(registry: Registry, message: ClaimedMessage) -> Failure | None:
    """Send `message` without an open transaction; return None on success."""
    server: Server = registry[SERVER]
    if message.attempts > server.settings[OutboxSettings].outbox_attempts:
        return Failure("the last worker did not record its result", True)
    try:
        with unit_of_work(registry) as request:
            prepare: Prepare = server.outbox_kinds[message.kind]
            send = prepare(request, message)
        status = send(server.fetcher) if send is not None else 200
    except FetchError as error:
        return Failure(str(error.reason), error.reason in _PERMANENT_REASONS)
    except DeliveryError as error:
        return Failure(error.problem, error.final)
    except Exception as error:
        log.exception("outbox message %s could not be prepared", message.id)
        return Failure(f"it could not be prepared: {type(error).__name__}")
    return failure_of_status(status)


def failure_of_status(status: int) -> Failure | None:
    """Return the failure that an HTTP status means; None for success."""
    if 200 <= status < 300:
        return None
    recoverable = status >= 500 or status in _TRANSIENT_STATUSES
    return Failure(f"HTTP status {status}", not recoverable)


def record_result(
    request: ServerRequest, message: ClaimedMessage, failure: Failure | None
) -> None:
    """Record the result of an attempt."""
    server: Server = request.oauth.server
    outbox, session = server.repositories.outbox, server.session(request)
    if failure is None:
        outbox.delete_delivered(session, message)
        return
    final = (
        failure.final
        or message.attempts >= server.settings[OutboxSettings].outbox_attempts
    )
    log.warning(
        "%s for client %r, attempt %d: %s%s",
        message.kind,
        message.client_id,
        message.attempts,
        failure.problem,
        "; given up" if final else "",
    )
    if final:
        outbox.mark_dead(session, message, failure.problem)
    else:
        wait = timedelta(seconds=retry_delay(server.settings, message.attempts))
        outbox.reschedule(session, message, now() + wait, failure.problem)


def retry_delay(settings: Settings, attempts: int) -> float:
    """Return the seconds to wait after `attempts`: exponential back-off with jitter.

    The jitter spreads the retries of messages that failed together.
    """
    doubled = settings[OutboxSettings].outbox_delay * (1 << min(attempts - 1, 30))
    return min(doubled, MAX_RETRY_DELAY) * random.uniform(0.9, 1.1)  # noqa: S311
