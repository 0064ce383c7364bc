"""Error views for paths of the server that are not UTF-8 (RFC 3986 section 2.5).

Pyramid raises an error for them before it matches routes, and for the virtual root that
it puts before the path when it traverses. A host without views for these errors would
answer 500. Other paths of the host are not affected.
"""

from __future__ import annotations

from pyramid.exceptions import URLDecodeError
from pyramid.interfaces import VH_ROOT_KEY
from pyramid.response import Response
from pyramid.traversal import decode_path_info

from pyramid_oauth.config.registry import COLLECTED, Registrations
from pyramid_oauth.http.responses import json_answer
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import ServerRequest

ROUTE = "pyramid_oauth"
"""What the names of all our routes begin with."""

BODY = '{"error": "invalid_request", "error_description": "The path is not UTF-8."}'


class ServerPath:
    """Superclass of the view predicates, with what Pyramid asks of each.

    Attributes:
        name: The name of the predicate.
    """

    name = ""

    def __init__(self, value: bool, config: Configurator) -> None:
        self._value = value

    def text(self) -> str:
        """Return the description for `pviews`."""
        return f"{self.name} = {self._value}"

    phash = text


class BelowServer(ServerPath):
    """View predicate: the path is that of an endpoint, or below the prefix."""

    name = "below_oauth_server"

    def __call__(self, context: object, request: ServerRequest) -> bool:
        """Whether the path is below the mounted tree."""
        registrations: Registrations = request.registry[COLLECTED]
        if registrations.prefix is None:
            return False
        path: str = request.environ["PATH_INFO"].strip("/")
        if registrations.prefix:
            return path.startswith(f"{registrations.prefix}/")
        return path.partition("/")[0] in registrations.endpoints


class UndecodableVirtualRoot(ServerPath):
    """View predicate: a route of ours matched, and the virtual root is not UTF-8.

    Anybody can send the header. Other errors of decoding are faults of ours or of the
    host, which no answer of status 400 may hide.
    """

    name = "undecodable_virtual_root"

    def __call__(self, context: object, request: ServerRequest) -> bool:
        """Whether traversal failed at the virtual root, at a path of the server."""
        route = getattr(request, "matched_route", None)
        if route is None or not route.name.startswith(ROUTE):
            return False
        try:
            decode_path_info(request.environ.get(VH_ROOT_KEY, ""))
        except UnicodeDecodeError:
            return True
        return False


def invalid_path(context: object, request: ServerRequest) -> Response:
    """Answer 400."""
    return json_answer(request, BODY, 400)


def includeme(config: Configurator) -> None:
    """Add the view, for paths of the server only."""
    config.add_view_predicate(BelowServer.name, BelowServer)
    config.add_exception_view(
        invalid_path, context=URLDecodeError, below_oauth_server=True
    )
    config.add_view_predicate(UndecodableVirtualRoot.name, UndecodableVirtualRoot)
    config.add_exception_view(
        invalid_path, context=UnicodeDecodeError, undecodable_virtual_root=True
    )
