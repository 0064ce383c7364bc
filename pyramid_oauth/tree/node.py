"""The nodes of the tree: a root for the server, a child for each endpoint.

A node is cheap: no query runs until a view asks for something.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from pyramid.authorization import DENY_ALL

REGISTRATIONS = "pyramid_oauth.endpoints"


class Node:
    """A located resource.

    The request that reaches it holds it as its context. It holds the request weakly, or
    each would keep the other, and all that was read and written for the request, until
    the garbage collector finds them.
    """

    def __init__(self, name: str | None, parent: Any, request: Any) -> None:
        self.__name__ = name
        self.__parent__ = parent
        self._request = ref(request)

    @property
    def request(self) -> Any:
        """The request that found the way here."""
        return self._request()

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
        request = self.request
        registration = request.registry[REGISTRATIONS][name]
        child: Node = registration.node(name, self, request)
        return child
