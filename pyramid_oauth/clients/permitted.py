"""The clients to which a host permits something, by their identifiers or a function."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import ServerRequest

PermittedClients = (
    Collection[str] | Callable[[ServerRequest, AbstractApplication], bool]
)
"""Identifiers of clients, or a function of the request and the client."""


def is_permitted(
    permitted: PermittedClients | None,
    request: ServerRequest,
    client: AbstractApplication,
) -> bool:
    """Whether the client is one of those that are permitted; None permits all."""
    if permitted is None:
        return True
    if callable(permitted):
        return bool(permitted(request, client))
    return client.client_id in permitted
