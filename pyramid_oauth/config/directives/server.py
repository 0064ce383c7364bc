"""Directives of the endpoint tree, its views and its metadata.

Each directive resolves dotted names, adds an introspectable, and defers `register` to
an action with a discriminator. Our defaults use them too; one call of a host overrides
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pyramid.config import Configurator as ImmediateConfigurator

from pyramid_oauth.config.registry import (
    CorsHeaders,
    DeclaredWrites,
    EndpointRegistration,
    Writes,
    get_registrations,
    record,
    record_in,
)
from pyramid_oauth.events import SUBSCRIBERS, OAuthEvent
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.tree import REGISTRATIONS as ENDPOINTS
from pyramid_oauth.tree import ROUTE, root_factory

VIEWS = 1
"""The order of actions that need the prefix of the mounted tree."""


def add_oauth_server(config: Configurator, prefix: str = "") -> None:
    """Mount the tree at `prefix` (below the current route prefix).

    Args:
        prefix: The path, with or without slashes; "" mounts the tree at the root.
    """
    full_prefix = "/".join(filter(None, (config.route_prefix, prefix.strip("/"))))
    segments = tuple(segment for segment in full_prefix.split("/") if segment)
    # Routes match in the order in which they were added, so this one is added now.
    with config.route_prefix_context(prefix.strip("/") or None):
        config.add_route(
            ROUTE, "/*traverse", factory=root_factory(segments), oauth_endpoint=True
        )
    registrations = get_registrations(config)

    def register() -> None:
        registrations.prefix = full_prefix

    record(config, "oauth server", "prefix", full_prefix, register)


def add_oauth_view(
    config: Configurator,
    view: Callable[..., Any] | str,
    context: type[object] | str,
    **options: object,
) -> None:
    """Register a view by context: for the mounted tree and for a graft.

    Args:
        view: The view, or its dotted name.
        context: The class it is a view of, a node or what a node contains; or its
            dotted name.
        options: Those of `pyramid.config.Configurator.add_view`.
    """
    view, context = config.maybe_dotted(view), config.maybe_dotted(context)
    config.add_view(view, context=context, **options)
    registrations = get_registrations(config)
    # Executed at once: Pyramid refuses an action from within an action if a host
    # overrode one of an earlier phase, such as a route.
    immediate = ImmediateConfigurator(
        config.registry, package=config.package, autocommit=True
    )

    def register() -> None:
        if registrations.prefix is not None:
            immediate.add_view(view, context=context, route_name=ROUTE, **options)

    record(
        config, "oauth views", _view_key(context, options), view, register, order=VIEWS
    )


def _view_key(context: type[object], options: Mapping[str, Any]) -> str:
    """Return the context and the options that distinguish views of one context."""
    predicates = {
        name: value
        for name, value in sorted(options.items())
        if name not in ("decorator", "permission", "renderer", "require_csrf")
    }
    return f"{context.__module__}.{context.__qualname__} {predicates or ''}".strip()


def add_oauth_request_method(
    config: Configurator, name: str, method: Callable[..., Any] | str
) -> None:
    """Add `request.oauth.<name>(...)`, which calls `method(request, ...)`.

    Args:
        name: The name of the method; not one that `request.oauth` already has.
        method: The function, or its dotted name.
    """
    method = config.maybe_dotted(method)
    table = get_registrations(config).request_methods
    record_in(config, table, "oauth request methods", name, method)


def add_oauth_subscriber(
    config: Configurator,
    subscriber: Callable[[Any], object] | str,
    event: type[OAuthEvent] | str,
) -> None:
    """Call `subscriber` with each event of a class of `pyramid_oauth.events`.

    `config.add_subscriber` does the same. But with one subscriber Pyramid makes and
    sends its own events too, for every request; with this directive it does not.

    Args:
        subscriber: a callable with the event as its argument, or its dotted name.
        event: the class of events, or a superclass, or its dotted name.
    """
    subscriber, event = config.maybe_dotted(subscriber), config.maybe_dotted(event)
    table = config.registry.setdefault(SUBSCRIBERS, {})

    def register() -> None:
        table.setdefault(event, []).append(subscriber)

    name = f"{event.__name__}: {subscriber!r}"
    record(config, "oauth subscribers", name, subscriber, register)


def add_oauth_endpoint(
    config: Configurator,
    name: str,
    node: Callable[..., Any] | str,
    metadata: str | None = None,
    writes: DeclaredWrites = Writes.MANY,
) -> None:
    """Add a child to the tree.

    Args:
        name: the path segment.
        node: the class of the node, or its dotted name.
        metadata: the member of the server's metadata that names the endpoint's URL.
        writes: what its requests write, or a callable that returns it for a
            `RequestOutline`. `fast_session` begins a transaction only if needed.
    """
    node = config.maybe_dotted(node)
    registration = EndpointRegistration(name, node, metadata, writes)

    def register() -> None:
        get_registrations(config).endpoints[name] = registration
        config.registry[ENDPOINTS][name] = registration

    record(config, "oauth endpoints", name, registration, register)


def add_oauth_metadata(
    config: Configurator, name: str, contribute: Callable[[Any], Mapping[str, Any]]
) -> None:
    """Add the members that `contribute(server)` returns to the server's metadata."""
    contribute = config.maybe_dotted(contribute)
    table = get_registrations(config).metadata
    record_in(config, table, "oauth metadata", name, contribute)


def set_oauth_metadata_document(
    config: Configurator, source: Callable[[Any], Any] | str
) -> None:
    """Set where the document of the server's metadata comes from.

    Without it the document is made once, of what is registered.

    Args:
        source: called with each request for the document, so that it must be fast;
            returns a `pyramid_oauth.http.documents.CachedDocument`.
    """
    source = config.maybe_dotted(source)
    registrations = get_registrations(config)

    def register() -> None:
        registrations.metadata_document = source

    record(config, "oauth metadata document", "source", source, register)


def add_oauth_cors_headers(
    config: Configurator,
    name: str,
    *,
    request_headers: Collection[str] = (),
    response_headers: Collection[str] = (),
) -> None:
    """Let scripts of other origins send and read further headers (WHATWG Fetch).

    This applies to every endpoint of the server with CORS. The headers of an error are
    exposed automatically.

    Args:
        name: what the headers belong to, such as `dpop`.
        request_headers: those that a script may send, such as `DPoP`.
        response_headers: those that a script may read, such as `DPoP-Nonce`.
    """
    headers = CorsHeaders(tuple(request_headers), tuple(response_headers))
    table = get_registrations(config).cors_headers
    record_in(config, table, "oauth CORS headers", name, headers)


def set_oauth_client_logo_url(
    config: Configurator, address: Callable[[Any, str], str] | str
) -> None:
    """Set from where pages load the logos of clients (RFC 7591 section 2, `logo_uri`).

    Without it pages load them from the URLs that clients registered.

    Args:
        address: called with the server and the `logo_uri`; returns a path of this site
            or an https URL, such as that of an image proxy of yours.
    """
    address = config.maybe_dotted(address)
    registrations = get_registrations(config)

    def register() -> None:
        registrations.client_logo_url = address

    record(config, "oauth client logo URL", "address", address, register)


def require_oauth_keys(config: Configurator) -> None:
    """Give the server a key ring, to sign and to decrypt.

    The ring is `server.ring`; its settings and table are those of
    `pyramid_oauth.keystore`. Several packages may call this.
    """
    config.include("pyramid_oauth.keystore")
    registrations = get_registrations(config)

    def register() -> None:
        registrations.needs_keys = True

    record(config, "oauth keys", config.package.__name__, True, register)
