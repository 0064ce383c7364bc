"""Resource tree for Pyramid traversal: the authorization server and its endpoints.

Pyramid's location-aware resources; RFC 6749 section 3 (endpoints).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from weakref import ref

from pyramid.authorization import ALL_PERMISSIONS, DENY_ALL, Allow

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.settings import SETTINGS

__all__ = ["AuthorizationServer", "Endpoint", "Node"]

REGISTRATIONS = "pyramid_oauth.endpoints"


class Node:
    """A location-aware resource.

    It holds the request weakly: the request holds its context, and a reference cycle
    would keep both, and all data of the request, until garbage collection.
    """

    def __init__(self, name: str | None, parent: object, request: Request) -> None:
        self.__name__ = name
        self.__parent__ = parent
        self._request = ref(request)

    @property
    def request(self) -> Any:  # noqa: ANN401 - of the host's own class
        """The request whose traversal created this resource."""
        return self._request()

    def child(self, node: Callable[..., Node], name: str) -> Node:
        """Return a new child of the class `node`, for `__getitem__`."""
        return node(name, self, self._request())

    def __getitem__(self, name: str) -> Node:
        raise KeyError(name)


class Endpoint(Node):
    """A protocol endpoint; by default it has no child resources.

    Attributes:
        oauthlib: The class of the oauthlib endpoint that handles its requests. The
            server creates one instance at start-up: `server.oauthlib_endpoints[name]`.
        takes_parameters_of: The endpoints whose parameters it takes beside its own.
    """

    oauthlib: ClassVar[type[Any] | None] = None

    takes_parameters_of: ClassVar[tuple[str, ...]] = ()


class AuthorizationServer(Node):
    """The root resource of an authorization server.

    Mounted by ``config.add_oauth_server``, or grafted: return
    ``AuthorizationServer("oauth", self, request)`` from your own tree.
    """

    @property
    def __acl__(self) -> list[tuple[str, str, object]]:
        """The administrators have every permission in the tree, and nobody else."""
        principals = self.request.registry[SETTINGS].administrators
        return [*((Allow, name, ALL_PERMISSIONS) for name in principals), DENY_ALL]

    def __getitem__(self, name: str) -> Node:
        request = self.request
        registration = request.registry[REGISTRATIONS][name]
        child: Node = registration.node(name, self, request)
        return child


ROUTE = "pyramid_oauth"


def root_factory(segments: tuple[str, ...]) -> Callable[[Any], AuthorizationServer]:
    """Return a root factory for a tree mounted below `segments`."""

    def root(request: Request) -> AuthorizationServer:
        place: Node | None = Node("", None, request) if segments else None
        for segment in segments[:-1]:
            place = Node(segment, place, request)
        return AuthorizationServer(segments[-1] if segments else "", place, request)

    return root


class KnownEndpoint:
    """Route predicate: the path leads to an endpoint of the tree.

    Other paths stay with the host, which matters for a tree without a prefix.
    """

    def __init__(self, value: bool, config: Configurator) -> None:
        self._value = value

    def text(self) -> str:
        """Return the description for `proutes`."""
        return f"oauth_endpoint = {self._value}"

    phash = text

    def __call__(self, info: Mapping[str, Any], request: Request) -> bool:
        """Whether the first segment names an endpoint."""
        path = info["match"].get("traverse", ())
        return bool(path) and path[0] in request.registry[REGISTRATIONS]


def includeme(config: Configurator) -> None:
    """Add the route predicate; mount the tree if the settings name a path for it."""
    config.add_route_predicate("oauth_endpoint", KnownEndpoint)
    prefix = config.registry[SETTINGS].prefix
    if prefix is not None and prefix.strip("/"):
        config.add_oauth_server(prefix)


def mount_at_root(config: Configurator) -> None:
    """Mount the tree at the root if the settings say so, behind our other routes.

    The documents at the root (RFC 8414 section 3.1) have longer paths than its nodes.
    """
    prefix = config.registry[SETTINGS].prefix
    if prefix is not None and not prefix.strip("/"):
        config.add_oauth_server(prefix)
