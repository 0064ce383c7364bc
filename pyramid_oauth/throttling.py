"""Throttling of guessed passwords, and the refusal of every throttled request.

RFC 6749 section 4.3.2, NIST SP 800-63B section 3.2.2. A password has three limits: one
name from one source; all names from one source, against password spraying; one name
from all sources, against distributed guessing.

A stranger can reach the limits of a name. So a browser in which the user has logged in
before has a limit of its own instead, which nobody else counts against.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from pyramid_oauth import events
from pyramid_oauth.errors import TooManyRequests
from pyramid_oauth.repositories.rate_limits import is_local, key_of, limits_by_source
from pyramid_oauth.server import Server, ServerRequest

PASSWORD, SECOND_FACTOR = "password", "second factor"
"""The secrets that login pages ask for: of one name from one source."""

OF_NAME, FROM_SOURCE = "{} of", "{} from"
"""A secret of one name from everywhere, and of all names from one source."""

KNOWN_BROWSER = "{} in a known browser"
"""A secret of one name in browsers in which the user has logged in before."""

CLIENT, CLIENTS = "client", "clients"
"""Secrets of a client from a source, and of all clients from a source."""

REGISTRATION, REGISTRATION_TOKEN = "register", "registration token"
"""Registrations, and wrong registration tokens, from a source."""

METADATA_DOCUMENTS = "metadata documents"
"""Unknown metadata documents that requests from a source name."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PasswordLimits:
    """How often a password may be wrong within `window` seconds.

    Attributes:
        attempts: Of one name from one source, or in one user's known browsers.
        source_attempts: From one source, whatever the names.
        name_attempts: Of one name, whatever the sources.
    """

    attempts: int
    source_attempts: int
    name_attempts: int
    window: int


@dataclass(kw_only=True)
class PasswordAttempt:
    """One attempt with a name and a password; the caller sets `succeeded`."""

    own: Mapping[str, int]
    shared: Mapping[str, int] = field(default_factory=dict)
    succeeded: bool = False


@contextmanager
def password_attempt(
    request: ServerRequest,
    server: Server,
    name: str,
    limits: PasswordLimits,
    *,
    is_known_browser: bool = False,
    client_id: str = "",
    secret: str = PASSWORD,
) -> Iterator[PasswordAttempt]:
    """Count an attempt before the block checks the password.

    It stays counted unless the block sets `succeeded` or raises. A success resets the
    limit of this name at this source only: an attacker may have an account too.

    Args:
        request: The request with the password.
        server: The server.
        name: The user name, as it was given.
        limits: The permitted attempts.
        is_known_browser: Whether the user has logged in in this browser before.
        client_id: The client that sent the password: many users come from its address,
            so the limit of that source is its own.
        secret: What is guessed; each kind has counters of its own.

    Raises:
        TooManyRequests: A limit is reached; the password must not be checked.
    """
    attempt = _attempt(
        request, name, client_id, limits, secret, is_known_browser=is_known_browser
    )
    _count_attempt(request, server, name, limits, client_id, attempt, secret)
    rate_limits, session = server.repositories.rate_limits, server.session(request)
    try:
        yield attempt
    except BaseException:
        rate_limits.take_back(session, {**attempt.own, **attempt.shared})
        raise
    _settle_attempt(request, server, name, client_id, attempt)


def _count_attempt(
    request: ServerRequest,
    server: Server,
    name: str,
    limits: PasswordLimits,
    client_id: str,
    attempt: PasswordAttempt,
    secret: str,
) -> None:
    """Count an attempt; raise TooManyRequests if a limit is reached."""
    warn_of_proxy(request)
    wait = server.repositories.rate_limits.attempt(
        server.session(request), {**attempt.own, **attempt.shared}, limits.window
    )
    if wait:
        raise too_many_requests(
            request, secret, name, wait, client_id=client_id or None
        )


def _settle_attempt(
    request: ServerRequest,
    server: Server,
    name: str,
    client_id: str,
    attempt: PasswordAttempt,
) -> None:
    """Reset the limits after a success; report a failure, which stays counted."""
    if attempt.succeeded:
        rate_limits, session = server.repositories.rate_limits, server.session(request)
        rate_limits.reset(session, attempt.own)
        rate_limits.take_back(session, attempt.shared)
    else:
        _report_failure(request, name, client_id)


def _report_failure(request: ServerRequest, name: str, client_id: str) -> None:
    log.warning("login of %.80r from %.60r failed", name, request.remote_addr)
    events.notify(
        events.LoginFailed(request=request, client_id=client_id or None, username=name)
    )


def _attempt(
    request: ServerRequest,
    name: str,
    client_id: str,
    limits: PasswordLimits,
    secret: str,
    *,
    is_known_browser: bool,
) -> PasswordAttempt:
    address, name = request.remote_addr, name.strip().lower()
    if is_known_browser:
        own = {key_of(KNOWN_BROWSER.format(secret), name): limits.attempts}
        return PasswordAttempt(own=own)
    shared = {key_of(OF_NAME.format(secret), name): limits.name_attempts}
    if not is_local(address):  # behind a proxy that forwards none, all have that one
        most = limits.source_attempts
        shared |= limits_by_source(address, most, FROM_SOURCE.format(secret), client_id)
    own = limits_by_source(address, limits.attempts, secret, name)
    return PasswordAttempt(own=own, shared=shared)


def too_many_requests(
    request: ServerRequest,
    limit: str,
    name: str,
    wait: int,
    *,
    client_id: str | None = None,
) -> TooManyRequests:
    """Return the error to raise for a throttled request; tell log and subscribers.

    Args:
        request: The request.
        limit: What is limited, such as ``"password"``.
        name: For whom, such as a user name.
        wait: Seconds until the next attempt.
        client_id: The client, if it is one that is throttled.
    """
    address = request.remote_addr
    log.warning("too many attempts: %s, %.80r from %.60r", limit, name, address)
    events.notify(
        events.RequestThrottled(
            request=request, client_id=client_id, limit=limit, seconds=wait
        )
    )
    return TooManyRequests(wait)


def warn_of_proxy(request: ServerRequest) -> None:
    """Log once where addresses cannot count: a proxy's header is not used."""
    environ = request.environ
    forwarded = "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ
    if forwarded and is_local(request.remote_addr):
        _warn_once()


@cache
def _warn_once() -> None:
    log.warning(
        "a proxy forwards the addresses of clients, but the WSGI server does not use "
        "them: limits by source do not work; make it trust the proxy"
    )
