"""Mounting the tree at a prefix, at its true place in the URL space.

The root knows its name and its parents, one per segment of the prefix, so that
`resource_url`, `resource_path` and SCRIPT_NAME agree without further help.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth.tree.node import REGISTRATIONS, AuthorizationServer, Node

ROUTE = "pyramid_oauth"


def root_factory(segments: tuple[str, ...]) -> Callable[[Any], AuthorizationServer]:
    """A root factory for a tree mounted below `segments`."""

    def root(request: Any) -> AuthorizationServer:
        place: Node | None = Node("", None, request) if segments else None
        for segment in segments[:-1]:
            place = Node(segment, place, request)
        return AuthorizationServer(segments[-1] if segments else "", place, request)

    return root


class KnownEndpoint:
    """Route predicate: the path leads to an endpoint of the tree.

    Anything else stays the host's, which matters where the tree has no prefix.
    """

    def __init__(self, value: bool, config: Any) -> None:
        self._value = value

    def text(self) -> str:
        """What `proutes` shows."""
        return f"oauth_endpoint = {self._value}"

    phash = text

    def __call__(self, info: Any, request: Any) -> bool:
        """Whether the first segment names an endpoint."""
        path = info["match"].get("traverse", ())
        return bool(path) and path[0] in request.registry[REGISTRATIONS]


def includeme(config: Any) -> None:
    """Make the predicate known; mount at the prefix where the settings name one."""
    config.add_route_predicate("oauth_endpoint", KnownEndpoint)
    prefix = config.registry["pyramid_oauth.settings"].prefix
    if prefix is not None:
        config.add_oauth_server(prefix)
