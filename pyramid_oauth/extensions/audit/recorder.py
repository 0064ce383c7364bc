"""Recorder: the subscriber that adds an entry to the audit log for each event.

RFC 6819 section 5.1.4.1.2. Events are sent after the commit of the change. The entry is
one INSERT on another connection, so it neither prolongs nor undoes the transaction of
the request; if it fails, that is logged, and the response is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from pyramid_oauth import events
from pyramid_oauth.extensions.audit.repository import FAILURE, SUCCESS
from pyramid_oauth.repositories.autonomous_transaction import call_after_transaction
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)

EVENTS: Mapping[type[events.OAuthEvent], str] = {
    events.ConsentGiven: SUCCESS,
    events.ConsentRefused: SUCCESS,
    events.ConsentWithdrawn: SUCCESS,
    events.GrantRevoked: SUCCESS,
    events.TokenRevoked: SUCCESS,
    events.CredentialReplayed: FAILURE,
    events.ClientAuthenticationFailed: FAILURE,
    events.LoginFailed: FAILURE,
    events.AccountEvent: SUCCESS,
    events.RequestThrottled: FAILURE,
    events.ClientRegistered: SUCCESS,
    events.ClientUpdated: SUCCESS,
    events.ClientSecretRotated: SUCCESS,
    events.ClientSecretRotated: SUCCESS,
    events.ClientDeleted: SUCCESS,
    events.SessionEnded: SUCCESS,
    events.AdministratorActed: SUCCESS,
}
"""The recorded events, each with the outcome that it tells."""

MAX_LENGTHS = {"address": 64, "client_id": 255, "subject": 255, "actor": 255}
"""A client_id that is refused may be of any length."""

MAX_REMEMBERED = 10_000

OWN_COLUMNS = {each.name for each in fields(events.OAuthEvent)} | {"administrator"}

# Users sometimes type the password into the field of the user name.
NEVER_STORED = OWN_COLUMNS | {"username"}


class Recorder:
    """The subscriber; it remembers which throttled sources it has recorded."""

    def __init__(self) -> None:
        self._throttled: dict[tuple[object, ...], datetime] = {}

    def __call__(self, event: events.OAuthEvent) -> None:
        """Record the event once the transaction of its request has ended."""
        if isinstance(event, events.RequestThrottled) and self._is_repeated(event):
            return
        server: Server = event.request.oauth.server
        session, values = server.session(event.request), _values(event)

        def add() -> None:
            try:
                server.repositories.audit.add_after(session, values)
            except SQLAlchemyError as error:
                name = type(error).__name__
                log.error("%s is not in the audit log: %s", values["event"], name)

        call_after_transaction(session, add)

    def _is_repeated(self, event: events.RequestThrottled) -> bool:
        """Whether this source was already recorded for the present throttling period.

        Attackers continue after they reach a limit; the log must not grow with each
        request.
        """
        key = (event.limit, event.client_id, event.request.remote_addr)
        until = self._throttled.get(key)
        if until is not None and until > event.at:
            return True
        if len(self._throttled) >= MAX_REMEMBERED:
            self._throttled.clear()
        self._throttled[key] = event.at + timedelta(seconds=event.seconds)
        return False


def _values(event: events.OAuthEvent) -> dict[str, Any]:
    details = {
        each.name: _as_json(getattr(event, each.name))
        for each in fields(event)
        if each.name not in NEVER_STORED
    }
    values: dict[str, Any] = {
        "at": event.at,
        "event": type(event).__name__,
        "outcome": next(EVENTS[each] for each in type(event).mro() if each in EVENTS),
        "actor": getattr(event, "administrator", None),
        "client_id": event.client_id,
        "subject": event.user_id,
        "address": event.request.remote_addr,
        "details": {name: value for name, value in details.items() if value} or None,
    }
    for name, most in MAX_LENGTHS.items():
        values[name] = _storable(values[name], most)
    return values


def _storable(text: str | None, most: int) -> str | None:
    """Return the text as PostgreSQL stores it: limited, and without NUL."""
    return text if text is None else text[:most].replace("\x00", "\N{SYMBOL FOR NULL}")


def _as_json(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, UUID | datetime):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return value
