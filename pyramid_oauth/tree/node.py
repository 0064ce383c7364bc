"""The nodes of the tree: a root for the server, a child for each endpoint.

A node is cheap: no query runs until a view asks for something.
"""

from __future__ import annotations

from typing import Any

from pyramid.authorization import DENY_ALL

REGISTRATIONS = "pyramid_oauth.endpoints"


class Node:
    """A located resource."""

    def __init__(self, name: str | None, parent: Any, request: Any) -> None:
        self.__name__ = name
        self.__parent__ = parent
        self.request = request

    def __getitem__(self, name: str) -> Node:
        raise KeyError(name)


class Endpoint(Node):
    """A protocol endpoint; it has no children of its own accord."""


class AuthorizationServer(Node):
    """The root of one authorization server.

    Mounted by ``config.add_oauth_server``, or grafted: return
    ``AuthorizationServer("oauth", self, request)`` from your own tree.
    """

    __acl__ = (DENY_ALL,)

    def __getitem__(self, name: str) -> Node:
        registration = self.request.registry[REGISTRATIONS][name]
        child: Node = registration.node(name, self, self.request)
        return child
