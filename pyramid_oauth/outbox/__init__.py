"""Transactional outbox: messages stored with a transaction and delivered after it.

Back-Channel Logout section 2.5; `config.add_oauth_outbox_kind` adds other kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid_oauth.config.registry import get_registrations, record_in
from pyramid_oauth.events import after_commit
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.outbox.delivery import DeliveryError, Prepare, Send
from pyramid_oauth.outbox.repository import OUTBOX_MESSAGE, Outbox
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.outbox.worker import Worker
from pyramid_oauth.process_thread import ProcessThread
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings.directive_registration import add_directive

__all__ = ["DeliveryError", "Prepare", "Send", "Worker", "enqueue"]


def includeme(config: Configurator) -> None:
    """Add the outbox; start its thread at the first request if the settings say so."""
    add_directive(config, add_oauth_outbox_kind)
    settings = config.add_oauth_settings(OutboxSettings)
    config.add_oauth_model(OUTBOX_MESSAGE)
    config.add_oauth_repository("outbox", Outbox)
    if settings.outbox_in_process:
        registry = config.registry
        deliverer = ProcessThread(
            "pyramid_oauth outbox",
            lambda stop, wake: Worker(registry).run(stop, wake, INTERVAL),
        )
        registry[DELIVERER] = deliverer
        deliverer.start_with_requests(config)


DELIVERER = "pyramid_oauth.outbox"

INTERVAL = 5.0
"""Seconds between polls; a message from this process wakes the thread."""


def enqueue(
    request: ServerRequest,
    kind: str,
    messages: Sequence[tuple[str, str, Mapping[str, Any]]],
) -> None:
    """Store messages for delivery once the current transaction commits.

    It takes one statement, which is rolled back with the transaction.

    Args:
        request: The Pyramid request.
        kind: A kind registered by `config.add_oauth_outbox_kind`.
        messages: Tuples of the client identifier, the destination URL and the content
            (JSON, without secrets) from which `prepare` builds the message.
    """
    if not messages:
        return
    server: Server = request.oauth.server
    rows = [
        {
            "kind": kind,
            "client_id": client,
            "destination": url,
            "content": dict(content),
        }
        for client, url, content in messages
    ]
    server.repositories.outbox.add(server.session(request), rows)
    deliverer = request.registry.get(DELIVERER)
    if deliverer is not None:
        after_commit(request, deliverer.wake)


def add_oauth_outbox_kind(
    config: Configurator, name: str, prepare: Prepare | str
) -> None:
    """Register how outbox messages of a kind are delivered.

    Args:
        name: The name of the kind.
        prepare: `(request, message)`, or its dotted name; returns a
            `pyramid_oauth.outbox.Send`, or None if the message is obsolete. See
            `pyramid_oauth.outbox.Prepare`.
    """
    prepare = config.maybe_dotted(prepare)
    table = get_registrations(config).outbox_kinds
    record_in(config, table, "oauth outbox kinds", name, prepare)
