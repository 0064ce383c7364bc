"""Putting messages into the outbox, in the transaction that causes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid_oauth.events import after_commit
from pyramid_oauth.server import SERVER, Server

DELIVERER = "pyramid_oauth.outbox"


def post(
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
    server.records.outbox.add(server.session(request), rows)
    deliverer = request.registry.get(DELIVERER)
    if deliverer is not None:
        after_commit(request, deliverer.wake)
