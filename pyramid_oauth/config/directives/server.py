"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pyramid.config import Configurator

from pyramid_oauth.config.registry import (
    CorsHeaders,
    DeclaredWrites,
    EndpointRegistration,
    Writes,
    collected,
    record,
)
from pyramid_oauth.tree import REGISTRATIONS as ENDPOINTS
from pyramid_oauth.tree import ROUTE, root_factory

VIEWS = 1
"""When it is known whether and where the tree is mounted."""


def add_oauth_server(config: Any, prefix: str = "") -> None:
    """Mount the tree at `prefix` (below the present route prefix).

    Args:
        prefix: The path, with or without slashes; "" mounts the tree at the root.
    """
    whole = "/".join(filter(None, (config.route_prefix, prefix.strip("/"))))
    segments = tuple(segment for segment in whole.split("/") if segment)
    # Routes match in the order in which they were added, so this one is added now.
    with config.route_prefix_context(prefix.strip("/") or None):
        config.add_route(
            ROUTE, "/*traverse", factory=root_factory(segments), oauth_endpoint=True
        )
    made = collected(config)

    def register() -> None:
        made.prefix = whole

    record(config, "oauth server", "prefix", whole, register)


def add_oauth_view(config: Any, view: Any, context: Any, **options: Any) -> None:
    """Register a view by context: for the mounted tree and for a graft.

    Args:
        view: The view, or its dotted name.
        context: The node class it is a view of, or its dotted name.
        options: Those of `pyramid.config.Configurator.add_view`.
    """
    view, context = config.maybe_dotted(view), config.maybe_dotted(context)
    config.add_view(view, context=context, **options)
    made = collected(config)
    # Executed at once: Pyramid takes no action from an action where a host overrode
    # one of an earlier phase, such as a route.
    now = Configurator(config.registry, package=config.package, autocommit=True)

    def register() -> None:
        if made.prefix is not None:
            now.add_view(view, context=context, route_name=ROUTE, **options)

    record(config, "oauth views", _place(context, options), view, register, order=VIEWS)


def _place(context: Any, options: Mapping[str, Any]) -> str:
    """Where a view stands: its context, and the options that choose between views."""
    told = {
        name: value
        for name, value in sorted(options.items())
        if name not in ("decorator", "permission", "renderer", "require_csrf")
    }
    return f"{context.__module__}.{context.__qualname__} {told or ''}".strip()


def add_oauth_request_method(
    config: Any, name: str, method: Callable[..., Any]
) -> None:
    """Add `request.oauth.<name>(...)`, which calls `method(request, ...)`.

    Args:
        name: The name of the method; none that `request.oauth` has itself.
        method: The function, or its dotted name.
    """
    method = config.maybe_dotted(method)
    made = collected(config)

    def register() -> None:
        made.request_methods[name] = method

    record(config, "oauth request methods", name, method, register)


def add_oauth_endpoint(
    config: Any,
    name: str,
    node: Any,
    metadata: str | None = None,
    writes: DeclaredWrites = Writes.MANY,
) -> None:
    """Add a child to the tree.

    Args:
        name: the path segment.
        node: the class of the node, or its dotted name.
        metadata: the member of the server's metadata that names the endpoint's URL.
        writes: what its requests write, or a callable that says so of a
            `RequestOutline`. `fast_session` has a transaction only where it is needed.
    """
    node = config.maybe_dotted(node)
    registration = EndpointRegistration(name, node, metadata, writes)

    def register() -> None:
        collected(config).endpoints[name] = registration
        config.registry[ENDPOINTS][name] = registration

    record(config, "oauth endpoints", name, registration, register)


def add_oauth_metadata(
    config: Any, name: str, contribute: Callable[[Any], Mapping[str, Any]]
) -> None:
    """Register what `contribute(server)` adds to the server's metadata."""
    contribute = config.maybe_dotted(contribute)
    made = collected(config)

    def register() -> None:
        made.metadata[name] = contribute

    record(config, "oauth metadata", name, contribute, register)


def add_oauth_cors_headers(
    config: Any,
    name: str,
    *,
    request_headers: Collection[str] = (),
    response_headers: Collection[str] = (),
) -> None:
    """Let scripts of other origins send and read further headers (WHATWG Fetch).

    It holds for every endpoint that answers scripts. The headers of an error are
    exposed by themselves.

    Args:
        name: what the headers belong to, such as `dpop`.
        request_headers: those that a script may send, such as `DPoP`.
        response_headers: those that a script may read, such as `DPoP-Nonce`.
    """
    headers = CorsHeaders(tuple(request_headers), tuple(response_headers))
    made = collected(config)

    def register() -> None:
        made.cors_headers[name] = headers

    record(config, "oauth CORS headers", name, headers, register)


def require_oauth_keys(config: Any) -> None:
    """Have the server hold a ring of keys to sign and to decrypt with.

    The ring is `server.ring`; its settings and table are those of
    `pyramid_oauth.keystore`. Any number of packages may ask for it.
    """
    config.include("pyramid_oauth.keystore")
    made = collected(config)

    def register() -> None:
        made.needs_keys = True

    record(config, "oauth keys", config.package.__name__, True, register)
