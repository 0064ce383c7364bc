"""Server metadata (RFC 8414): below the issuer, and at the root with its path appended.

The document is made once, from what is registered. An extension may publish it under
another name too, or another document instead (`set_oauth_metadata_document`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.http.cors import preflight
from pyramid_oauth.http.documents import METHODS, CachedDocument
from pyramid_oauth.http.responses import not_allowed
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.server import SERVER, Server, ServerRequest
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.tree import Endpoint, Node

OAUTH = "oauth-authorization-server"

NAMES = "pyramid_oauth.metadata_names"

DOCUMENT = "pyramid_oauth.metadata"

ISSUER_PATH = "pyramid_oauth.issuer_path"
"""The key of the issuer's path in the registry, without slashes at its ends."""

ROUTE = "pyramid_oauth.metadata"

CACHE_CONTROL = "public, max-age=3600"
"""Of the document; clients may keep it for an hour."""


class Metadata(Endpoint):
    """The metadata document."""


class WellKnown(Node):
    """`.well-known`: the documents that describe this server."""

    def __getitem__(self, name: str) -> Node:
        if name not in self.request.registry[NAMES]:
            raise KeyError(name)
        return self.child(Metadata, name)


def metadata(context: object, request: ServerRequest) -> Response:
    """Answer with the document, which scripts of every origin may read."""
    registry = request.registry
    server: Server = registry[SERVER]
    if request.environ["REQUEST_METHOD"] not in METHODS:
        allowed = (*METHODS, "OPTIONS")
        if request.method == "OPTIONS":
            return preflight(request, server, ", ".join(allowed))
        return not_allowed(request, *allowed)
    source = server.metadata_document
    if source is None:
        return _document(registry).answer(request)
    document: CachedDocument = source(request)
    return document.answer(request)


def metadata_at_root(context: object, request: ServerRequest) -> Response:
    """Answer where the path of the issuer is appended (RFC 8414 section 3.1)."""
    path = request.registry[ISSUER_PATH]
    if "/".join((request.matchdict or {}).get("issuer_path", (path,))) != path:
        return HTTPNotFound()
    return metadata(context, request)


def _document(registry: Registry) -> CachedDocument:
    document: CachedDocument | None = registry.get(DOCUMENT)
    if document is None:
        document = registry[DOCUMENT] = CachedDocument.of(
            registry[SERVER].metadata, CACHE_CONTROL
        )
    return document


def server_members(server: Server) -> dict[str, Any]:
    """Return the members that belong to no single endpoint."""
    settings = server.settings
    return {
        "scopes_supported": list(server.scopes.published()) or None,
        "service_documentation": settings.service_documentation,
        "op_policy_uri": settings.op_policy_uri,
        "op_tos_uri": settings.op_tos_uri,
    }


def includeme(config: Configurator) -> None:
    """Add the node, and routes at the root, whatever the prefix is."""
    config.add_oauth_endpoint(".well-known", WellKnown, writes=Writes.NONE)
    config.add_oauth_metadata("server", server_members)
    config.add_oauth_view(
        metadata, Metadata, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
    if config.registry[SETTINGS].profile == "mcp":
        # Its clients in browsers send this header when they read the document.
        config.add_oauth_cors_headers("mcp", request_headers=("MCP-Protocol-Version",))
    issuer = config.registry[SETTINGS].issuer or ""
    config.registry[ISSUER_PATH] = urlsplit(issuer).path.strip("/")
    add_document(config, OAUTH)


def add_document(config: Configurator, name: str, *, is_appended: bool = False) -> None:
    """Publish the metadata document under another name, in the tree and at the root.

    Args:
        name: The last segment below `.well-known`.
        is_appended: Whether it also lies below the path of the issuer, wherever the
            tree is mounted (OpenID Connect Discovery section 4).
    """
    config.registry.setdefault(NAMES, set()).add(name)
    _add_route(config, f"{ROUTE}.{name}", f"/.well-known/{name}*issuer_path")
    path = config.registry[ISSUER_PATH]
    if is_appended and path:
        _add_route(config, f"{ROUTE}.{name}.issuer", f"/{path}/.well-known/{name}")


def _add_route(config: Configurator, route: str, pattern: str) -> None:
    prefix, config.route_prefix = config.route_prefix, None
    try:
        config.add_route(route, pattern)
    finally:
        config.route_prefix = prefix
    config.add_view(
        metadata_at_root,
        route_name=route,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
