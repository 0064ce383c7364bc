"""Events for subscribers of the host.

Pyramid's `config.add_subscriber`. Each event is notified through the registry after
the transaction has committed; no event carries a credential.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pyramid_oauth.clock import now
from pyramid_oauth.server import ServerRequest

WAITING = "pyramid_oauth.after_commit"
"""Environ key of the calls that follow a transaction without manager or response."""


@dataclass(frozen=True, kw_only=True)
class OAuthEvent:
    """Superclass of all events.

    Attributes:
        request: The Pyramid request.
        client_id: The client, if one is involved.
        user_id: The subject of the resource owner, if one is involved.
        at: When the event was created (aware, UTC).
    """

    request: ServerRequest = field(repr=False)
    client_id: str | None = None
    user_id: str | None = None
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class TokenIssued(OAuthEvent):
    """An access token was issued by `grant_type` for `scopes`."""

    grant_type: str
    scopes: tuple[str, ...] = ()
    grant_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(OAuthEvent):
    """The resource owner approved `scopes`."""

    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConsentRefused(OAuthEvent):
    """The resource owner denied consent to `scopes`."""

    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(OAuthEvent):
    """A consent was deleted, or `scopes` of it, and `grants` grants were revoked."""

    scopes: tuple[str, ...] = ()
    grants: int = 0


@dataclass(frozen=True, kw_only=True)
class GrantRevoked(OAuthEvent):
    """A grant and all its tokens were revoked, for `reason`."""

    grant_id: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(OAuthEvent):
    """A single access token was revoked."""


@dataclass(frozen=True, kw_only=True)
class CredentialReplayed(OAuthEvent):
    """A redeemed code or a superseded refresh token was presented again."""

    kind: str = ""
    grant_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ClientAuthenticationFailed(OAuthEvent):
    """A client failed to authenticate; `reason` names the failed step."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class LoginFailed(OAuthEvent):
    """A password was wrong, or the user is unknown or disabled.

    Attributes:
        username: The user name as it was given; it may be a mistyped password.
    """

    username: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class RequestThrottled(OAuthEvent):
    """A request was refused because a rate limit is reached.

    Attributes:
        limit: What is limited: "password", "client authentication", …
        seconds: Seconds until the next attempt.
    """

    limit: str = ""
    seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(OAuthEvent):
    """A client was registered; for `source` see `Application.source`."""

    source: str = "administrator"


@dataclass(frozen=True, kw_only=True)
class ClientUpdated(OAuthEvent):
    """A client changed its own metadata (RFC 7592 section 2.2)."""


@dataclass(frozen=True, kw_only=True)
class ClientDeleted(OAuthEvent):
    """A client was deleted, with its grants, consents and tokens."""


@dataclass(frozen=True, kw_only=True)
class SessionEnded(OAuthEvent):
    """A login session ended; `client_ids` are the clients that took part in it.

    `client_id` is the client that requested the logout, None if the host did.
    """

    sid: str = ""
    client_ids: tuple[str, ...] = ()


def has_subscribers(request: ServerRequest) -> bool:
    """Whether the registry has event subscribers; without them skip the event."""
    return bool(request.registry.has_listeners)


def notify(event: OAuthEvent) -> None:
    """Notify subscribers of `event` once the transaction has committed.

    Args:
        event: The event; its `request` determines the transaction and the registry.
    """
    request = event.request
    if has_subscribers(request):
        after_commit(request, lambda: request.registry.notify(event))


def is_managed(request: ServerRequest) -> bool:
    """Whether a transaction manager commits for `request`, so that events wait."""
    has_manager = getattr(request, "tm", None) is not None
    return has_manager and bool(request.environ.get("tm.active"))


def after_commit(request: ServerRequest, call: Callable[[], None]) -> None:
    """Call `call` once the transaction of `request` has committed.

    Without a transaction manager that is when the response is complete and has a status
    below 500; outside HTTP, at the end of `transactions.transaction`.

    Args:
        request: The Pyramid request.
        call: A callable without arguments.
    """
    waiting: list[Callable[[], None]] | None = request.environ.get(WAITING)
    if is_managed(request):
        request.tm.get().addAfterCommitHook(lambda ok: call() if ok else None)
    elif waiting is not None:
        waiting.append(call)
    else:
        request.add_response_callback(
            lambda _, response: call() if response.status_code < 500 else None
        )
