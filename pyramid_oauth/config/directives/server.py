"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from webob.cookies import RequestCookies

from pyramid_oauth.config.registry import EndpointRegistration, _record, collected
from pyramid_oauth.tree import REGISTRATIONS as ENDPOINTS
from pyramid_oauth.tree import ROUTE, root_factory


def add_oauth_server(config: Any, prefix: str = "") -> None:
    """Mount the tree at `prefix` (below the present route prefix)."""
    whole = "/".join(filter(None, (config.route_prefix, prefix.strip("/"))))
    segments = tuple(segment for segment in whole.split("/") if segment)
    made = collected(config)
    made.prefix = whole
    with config.route_prefix_context(prefix.strip("/") or None):
        config.add_route(
            ROUTE, "/*traverse", factory=root_factory(segments), oauth_endpoint=True
        )

    def mount() -> None:
        for add in made.views:
            add()

    config.action(("oauth server", "default"), mount, order=-5)


def add_oauth_view(config: Any, view: Any, context: Any, **options: Any) -> None:
    """Register a view of ours by context: for the mounted tree and for a graft."""
    options["decorator"] = with_readable_cookies
    config.add_view(view, context=context, **options)
    collected(config).views.append(
        lambda: config.add_view(view, context=context, route_name=ROUTE, **options)
    )


def add_oauth_endpoint(
    config: Any, name: str, node: Any, metadata: str | None = None
) -> None:
    """Add a child to the tree; `metadata` is its member in the server's metadata."""
    node = config.maybe_dotted(node)
    registration = EndpointRegistration(name, node, metadata)

    def register() -> None:
        collected(config).endpoints[name] = registration
        config.registry[ENDPOINTS][name] = registration

    _record(config, "oauth endpoints", name, registration, register)


def add_oauth_metadata(
    config: Any, name: str, contribute: Callable[[Any], Mapping[str, Any]]
) -> None:
    """Register what `contribute(server)` adds to the server's metadata."""
    contribute = config.maybe_dotted(contribute)
    made = collected(config)

    def register() -> None:
        made.metadata[name] = contribute

    _record(config, "oauth metadata", name, contribute, register)


HEADER = "HTTP_COOKIE"

View = Callable[[Any, Any], Any]


def with_readable_cookies(view: View) -> View:
    """A view decorator: the request goes on with those cookies that can be read."""

    def decorated(context: Any, request: Any) -> Any:
        given = request.environ.get(HEADER)
        if given and not _is_readable(given):
            request.environ[HEADER] = _readable(given)
        return view(context, request)

    return decorated


def _readable(header: str) -> str:
    kept = ";".join(part for part in header.split(";") if _is_readable(part))
    # Quotes may reach over several parts, which only together make no sense.
    return kept if _is_readable(kept) else ""


def _is_readable(header: str) -> bool:
    if header.isascii() and "\\" not in header:
        return True  # no byte of it, and no escape, can be anything but text
    try:
        RequestCookies({HEADER: header}).keys()
    except UnicodeDecodeError:
        return False
    return True
