"""Events for subscribers of the host.

Pyramid's `config.add_subscriber`. Each event is notified through the registry after
the transaction has committed; no event carries a credential.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from zope.interface import implementedBy

from pyramid_oauth.clock import now
from pyramid_oauth.server import ServerRequest

SUBSCRIBERS = "pyramid_oauth.subscribers"
"""Key of the registry for the subscribers of `config.add_oauth_subscriber`, by class.

With one subscriber of its own registry Pyramid makes and sends four events for each
request.
"""

WAITING = "pyramid_oauth.after_commit"
"""Environ key of the calls that follow a transaction without manager or response."""


@dataclass(frozen=True, kw_only=True)
class OAuthEvent:
    """Superclass of all events.

    Attributes:
        request: The Pyramid request.
        client_id: The client, if one is involved.
        user_id: The subject of the resource owner, if one is involved, or of the
            person who manages the client.
        at: When the event was created (aware, UTC).
    """

    request: ServerRequest = field(repr=False)
    client_id: str | None = None
    user_id: str | None = None
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class TokenIssued(OAuthEvent):
    """An access token was issued by `grant_type` for `scopes`, to use at `audience`.

    It belongs to `grant_id`; None is a token of the client itself.
    """

    grant_type: str
    scopes: tuple[str, ...] = ()
    grant_id: UUID | None = None
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(OAuthEvent):
    """The resource owner approved `scopes`, at `resources` alone if there are any."""

    scopes: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NewAccess(OAuthEvent):
    """A resource owner allowed a client something new: the superclass of both events.

    For a notice to that person. A trusted application, which no page asks about, has
    no such event.

    Attributes:
        client_name: The name that the consent page showed.
        scopes: What the client may do now.
        new_scopes: What it could not do before.
        new_details: What else was allowed, as `kind name` of each consent item.
    """

    client_name: str = ""
    scopes: tuple[str, ...] = ()
    new_scopes: tuple[str, ...] = ()
    new_details: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccessGranted(NewAccess):
    """A resource owner allowed a client for the first time."""


@dataclass(frozen=True, kw_only=True)
class AccessWidened(NewAccess):
    """A resource owner allowed more to a client that had access before."""


@dataclass(frozen=True, kw_only=True)
class ConsentRefused(OAuthEvent):
    """The resource owner denied consent to `scopes`."""

    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(OAuthEvent):
    """A consent was deleted, or `scopes` or `details`, and `grants` were revoked.

    A detail is the kind and the name of a consent item. Without both all was withdrawn.
    """

    scopes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    grants: int = 0


@dataclass(frozen=True, kw_only=True)
class GrantRevoked(OAuthEvent):
    """The grant `grant_id` and all its tokens were revoked, for `reason`, in words."""

    grant_id: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(OAuthEvent):
    """A single access token was revoked."""


@dataclass(frozen=True, kw_only=True)
class CredentialReplayed(OAuthEvent):
    """A used `kind`, authorization code or refresh token, of `grant_id` came again."""

    kind: str = ""
    grant_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ClientAuthenticationFailed(OAuthEvent):
    """A client failed to authenticate; `reason` names the failed step, in words."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class LoginFailed(OAuthEvent):
    """A password was wrong, or the user is unknown or disabled.

    Attributes:
        username: The user name as it was given; it may be a mistyped password.
    """

    username: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class AccountEvent(OAuthEvent):
    """How a user logs in was changed: the superclass for such events of a host.

    The audit log records them, with the name of their class.
    """


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
    """A client was changed, by itself (RFC 7592 section 2.2) or by a person.

    Attributes:
        fields: The changed fields of the application; none if the client did it.
    """

    fields: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClientSecretRotated(OAuthEvent):
    """A client got a new secret, for which a person asked.

    Attributes:
        former_expires_at: Until when the former secret is accepted.
    """

    former_expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ClientDeleted(OAuthEvent):
    """A client was deleted, with its grants, consents and tokens."""


@dataclass(frozen=True, kw_only=True)
class SessionEnded(OAuthEvent):
    """A login session ended; `client_ids` are the clients that took part in it.

    `client_id` is the client that requested the logout, None if the host did; `sid` is
    the identifier of the session that clients see, but for pairwise ones.
    """

    sid: str = ""
    client_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AdministratorActed(OAuthEvent):
    """An administrator changed something by a page of ours.

    `user_id` and `client_id` are whom it is about.

    Attributes:
        administrator: The subject of the administrator.
        action: What was done, such as "end_grant" or "retire_key".
        target: What it was done to, such as the key of a row; never a credential.
    """

    administrator: str = ""
    action: str = ""
    target: str = ""


def has_subscribers(request: ServerRequest, kind: type[OAuthEvent]) -> bool:
    """Whether somebody is told of events of this class; without them skip the event."""
    registry = request.registry
    own = registry.get(SUBSCRIBERS)
    if own and not own.keys().isdisjoint(kind.__mro__):
        return True
    if not registry.has_listeners:
        return False
    return bool(registry.adapters.subscriptions((implementedBy(kind),), None))


def notify(event: OAuthEvent) -> None:
    """Notify subscribers of `event` once the transaction has committed.

    Args:
        event: The event; its `request` determines the transaction and the registry.
    """
    request = event.request
    if has_subscribers(request, type(event)):
        after_commit(request, partial(send, event))


def send(event: OAuthEvent) -> None:
    """Call the subscribers of the server, then those of Pyramid's registry."""
    registry = event.request.registry
    own = registry.get(SUBSCRIBERS, {})
    for kind in type(event).__mro__:
        for subscriber in own.get(kind, ()):
            subscriber(event)
    registry.notify(event)


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
