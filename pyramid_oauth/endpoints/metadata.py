"""Server metadata (RFC 8414): under the prefix and, path-inserted, at the root.

The document follows from what is registered. It is written once, at start-up.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.server import SERVER
from pyramid_oauth.tree import Endpoint, Node

NAME = "oauth-authorization-server"
DOCUMENT = "pyramid_oauth.metadata"
ROUTE = "pyramid_oauth.metadata"
MAX_AGE = 3600


class Metadata(Endpoint):
    """The metadata document."""


class WellKnown(Node):
    """`.well-known`: the documents about this server."""

    def __getitem__(self, name: str) -> Node:
        if name != NAME:
            raise KeyError(name)
        return Metadata(name, self, self.request)


def metadata(context: Any, request: Any) -> Response:
    """The document, from memory; readable for every origin."""
    raw, etag = _document(request.registry)
    headers = [
        ("Cache-Control", f"public, max-age={MAX_AGE}"),
        ("ETag", etag),
        ("Access-Control-Allow-Origin", "*"),
    ]
    if request.method not in ("GET", "HEAD"):
        return Response(status=405, headerlist=[("Allow", "GET, HEAD")])
    if request.environ.get("HTTP_IF_NONE_MATCH") == etag:
        return Response(status=304, headerlist=headers)
    headers += [("Content-Type", "application/json"), ("Content-Length", str(len(raw)))]
    return Response(headerlist=headers, app_iter=[raw])


def at_the_root(context: Any, request: Any) -> Response:
    """The same, where the issuer's path is appended (RFC 8414 section 3.1)."""
    path = urlsplit(request.registry[SERVER].issuer).path.strip("/")
    if "/".join(request.matchdict["issuer_path"]) != path:
        return HTTPNotFound()
    return metadata(context, request)


def _document(registry: Any) -> tuple[bytes, str]:
    document: tuple[bytes, str] | None = registry.get(DOCUMENT)
    if document is None:
        raw = json.dumps(registry[SERVER].metadata, indent=1).encode()
        document = registry[DOCUMENT] = raw, f'"{sha256(raw).hexdigest()[:32]}"'
    return document


def contribution(server: Any) -> dict[str, Any]:
    """The members that belong to no single endpoint."""
    settings = server.settings
    return {
        "scopes_supported": list(server.scopes.published()) or None,
        "service_documentation": settings.service_documentation,
        "op_policy_uri": settings.op_policy_uri,
        "op_tos_uri": settings.op_tos_uri,
    }


def includeme(config: Any) -> None:
    """Add the node, and the route at the site's root whatever the prefix is."""
    config.add_oauth_endpoint(".well-known", WellKnown)
    config.add_oauth_metadata("server", contribution)
    config.add_oauth_view(
        metadata, Metadata, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
    prefix, config.route_prefix = config.route_prefix, None
    try:
        config.add_route(ROUTE, f"/.well-known/{NAME}*issuer_path")
    finally:
        config.route_prefix = prefix
    config.add_view(
        at_the_root,
        route_name=ROUTE,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
