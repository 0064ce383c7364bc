"""What a host can subscribe to.

Each event is notified through the registry after the transaction committed; none
carries a credential.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pyramid_oauth.clock import now

WAITING = "pyramid_oauth.after_commit"
"""Where a transaction without manager and response keeps what is to follow it."""


@dataclass(frozen=True, kw_only=True)
class OAuthEvent:
    """Something happened to `client_id` (and `user_id`, where a user is involved)."""

    request: Any = field(repr=False)
    client_id: str | None = None
    user_id: str | None = None
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class TokenIssued(OAuthEvent):
    """An access token was issued by `grant_type` for `scopes`."""

    grant_type: str
    scopes: tuple[str, ...] = ()
    grant_id: Any = None


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(OAuthEvent):
    """The resource owner allowed `scopes`."""

    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConsentRefused(OAuthEvent):
    """The resource owner refused."""

    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GrantRevoked(OAuthEvent):
    """A grant and all its tokens died, for `reason`."""

    grant_id: Any = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(OAuthEvent):
    """A single access token was revoked."""


@dataclass(frozen=True, kw_only=True)
class CredentialReplayed(OAuthEvent):
    """A used code or a superseded refresh token came back: a sign of theft."""

    kind: str = ""
    grant_id: Any = None


@dataclass(frozen=True, kw_only=True)
class ClientAuthenticationFailed(OAuthEvent):
    """A client did not prove who it is; `reason` names the step that failed."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(OAuthEvent):
    """A client came into being; `source` says by whom: see `Application.source`."""

    source: str = "administrator"


@dataclass(frozen=True, kw_only=True)
class ClientUpdated(OAuthEvent):
    """A client changed its own metadata (RFC 7592 section 2.2)."""


@dataclass(frozen=True, kw_only=True)
class ClientDeleted(OAuthEvent):
    """A client is gone, and with it all its grants, consents and tokens."""


@dataclass(frozen=True, kw_only=True)
class SessionEnded(OAuthEvent):
    """Somebody was logged out; `client_ids` are the clients that took part.

    `client_id` is the client that asked for it, None where the host did.
    """

    sid: str = ""
    client_ids: tuple[str, ...] = ()


def has_subscribers(request: Any) -> bool:
    """Whether anybody listens to events at all; if not there is none to make."""
    return bool(request.registry.has_listeners)


def notify(event: OAuthEvent) -> None:
    """Tell the registry about `event` once the transaction has committed."""
    request = event.request
    if has_subscribers(request):
        after_commit(request, lambda: request.registry.notify(event))


def after_commit(request: Any, call: Callable[[], None]) -> None:
    """Have `call` made once the transaction of `request` has committed.

    Without a transaction manager on the request that is when the response has been
    made and is no server error; outside HTTP, when `background.transaction` is over.
    """
    manager = getattr(request, "tm", None)
    waiting: list[Callable[[], None]] | None = request.environ.get(WAITING)
    if manager is not None and request.environ.get("tm.active"):
        manager.get().addAfterCommitHook(lambda ok: call() if ok else None)
    elif waiting is not None:
        waiting.append(call)
    else:
        request.add_response_callback(
            lambda _, response: call() if response.status_code < 500 else None
        )
