"""Messages that must arrive: put in by a transaction, delivered after it.

Back-Channel Logout section 2.5 is the first use; `config.add_oauth_outbox_kind` adds
others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid_oauth.config.registry import collected, record
from pyramid_oauth.events import after_commit
from pyramid_oauth.outbox.delivery import Prepare, Send
from pyramid_oauth.outbox.repository import OUTBOX_MESSAGE, Outbox
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.outbox.thread import OutboxThread
from pyramid_oauth.outbox.worker import Worker
from pyramid_oauth.server import SERVER, Server

__all__ = ["Prepare", "Send", "Worker", "enqueue"]


def includeme(config: Any) -> None:
    """Add the outbox; start a thread with the first request where settings want one."""
    settings = config.add_oauth_settings(OutboxSettings)
    config.add_oauth_model(OUTBOX_MESSAGE)
    config.add_oauth_repository("outbox", Outbox)
    if settings.outbox_in_process:
        deliverer = config.registry[DELIVERER] = OutboxThread(config.registry)
        config.add_subscriber(
            lambda event: deliverer.ensure(), "pyramid.events.NewRequest"
        )


DELIVERER = "pyramid_oauth.outbox"


def enqueue(
    request: Any,
    kind: str,
    messages: Sequence[tuple[str, str, Mapping[str, Any]]],
) -> None:
    """Have `messages` of a kind delivered once the present transaction commits.

    Each is the client's identifier, the URL to deliver to, and what the message is
    made from: JSON, nothing secret. It takes one statement, and is rolled back with
    the rest of the transaction.
    """
    if not messages:
        return
    server: Server = request.registry[SERVER]
    rows = [
        {"kind": kind, "client_id": client, "destination": url, "content": dict(about)}
        for client, url, about in messages
    ]
    server.repositories.outbox.add(server.session(request), rows)
    deliverer = request.registry.get(DELIVERER)
    if deliverer is not None:
        after_commit(request, deliverer.wake)


def add_oauth_outbox_kind(config: Any, name: str, prepare: Any) -> None:
    """Register how outbound messages of a kind are delivered.

    `prepare(request, message)` makes a `pyramid_oauth.outbox.Send`, or None where
    the message has become pointless; see `pyramid_oauth.outbox.Prepare`.
    """
    prepare = config.maybe_dotted(prepare)
    made = collected(config)

    def register() -> None:
        made.outbox_kinds[name] = prepare

    record(config, "oauth outbox kinds", name, prepare, register)
