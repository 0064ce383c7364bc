"""One attempt at one message: prepared, sent, and judged by what came back.

Back-Channel Logout sections 2.5 and 2.8; RFC 8935 section 2.4 (what is worth another
attempt).
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
from pyramid_oauth.outbox.repository import ClaimedMessage
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.settings import Settings
from pyramid_oauth.transactions import unit_of_work

Send = Callable[[Fetcher], int]
"""Sends a prepared message and returns the HTTP status; may raise FetchError."""

Prepare = Callable[[Any, ClaimedMessage], Send | None]
"""Called with a request (in a transaction of its own) and the message.

None: there is nobody any more to deliver to. An exception counts as a failed attempt.
"""

LONGEST_WAIT = 6 * 3600
"""Seconds between two attempts at most."""

_WORTH_RETRYING = frozenset({408, 425, 429})

_HOPELESS = frozenset(
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


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed; `final` where another would fare no better."""

    problem: str
    final: bool = False


def deliver(registry: Any, message: ClaimedMessage) -> None:
    """Attempt `message` and settle it; nothing is raised.

    Where not even settling works (the database is away), the lease runs out.
    """
    try:
        failure = attempt(registry, message)
        with unit_of_work(registry) as request:
            settle(request, message, failure)
    except Exception:
        log.exception("outbox message %s could not be settled", message.id)


def attempt(registry: Any, message: ClaimedMessage) -> Failure | None:
    """Send `message`, with no transaction open meanwhile; None: it arrived."""
    server: Server = registry[SERVER]
    if message.attempts > server.settings[OutboxSettings].outbox_attempts:
        return Failure("whoever tried last never came back", True)
    try:
        with unit_of_work(registry) as request:
            prepare: Prepare = server.outbox_kinds[message.kind]
            send = prepare(request, message)
        status = send(server.fetcher) if send is not None else 200
    except FetchError as error:
        return Failure(str(error.reason), error.reason in _HOPELESS)
    except Exception as error:
        log.exception("outbox message %s could not be prepared", message.id)
        return Failure(f"it could not be prepared: {type(error).__name__}")
    return judged(status)


def judged(status: int) -> Failure | None:
    """What an HTTP status means for the message."""
    if 200 <= status < 300:
        return None
    recoverable = status >= 500 or status in _WORTH_RETRYING
    return Failure(f"HTTP status {status}", not recoverable)


def settle(request: Any, message: ClaimedMessage, failure: Failure | None) -> None:
    """Write down what became of the attempt."""
    server: Server = request.registry[SERVER]
    outbox, session = server.repositories.outbox, server.session(request)
    if failure is None:
        outbox.delivered(session, message)
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
        outbox.bury(session, message, failure.problem)
    else:
        wait = timedelta(seconds=pause(server.settings, message.attempts))
        outbox.put_off(session, message, now() + wait, failure.problem)


def pause(settings: Settings, attempts: int) -> float:
    """Seconds to wait after that many attempts: doubled each time, a little apart.

    The jitter keeps what failed together from coming back together.
    """
    doubled = settings[OutboxSettings].outbox_delay * (1 << min(attempts - 1, 30))
    return min(doubled, LONGEST_WAIT) * random.uniform(0.9, 1.1)  # noqa: S311
