"""CORS by the origins of an application, on success and error responses (WHATWG Fetch).

A preflight request names no client, so every origin gets a response to it; the actual
response is readable only for the origins that the application registered.
"""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server, ServerRequest

VARY_ORIGIN = ("Vary", "Origin")
"""The header of every response that `allow_origin` may change."""


def allow_origin(
    request: ServerRequest,
    response: Response,
    application: AbstractApplication | None,
) -> None:
    """Add the CORS header if the application registered the origin of the request."""
    origin = request.environ["HTTP_ORIGIN"]
    if application is None or origin == "null":
        return
    if application.origin_allowed(origin):
        response.headerlist.append(("Access-Control-Allow-Origin", origin))
        expose_headers(request, response)


def allow_every_origin(request: ServerRequest, response: Response) -> None:
    """Add the CORS headers of an endpoint whose responses every origin may read."""
    response.headerlist.append(("Access-Control-Allow-Origin", "*"))
    expose_headers(request, response)


def expose_headers(request: ServerRequest, response: Response, *names: str) -> None:
    """Let scripts read `names`, and the registered headers that the response has."""
    server: Server = request.oauth.server
    registered = server.cors_response_headers
    present = [
        registered[lower]
        for name, _ in response.headerlist
        if (lower := name.lower()) in registered
    ]
    if names or present:
        known = response.headers.get("Access-Control-Expose-Headers")
        listed = [*(known.split(", ") if known else ()), *names, *present]
        exposed = ", ".join(dict.fromkeys(listed))
        response.headers["Access-Control-Expose-Headers"] = exposed


def preflight(request: ServerRequest, server: Server, methods: str) -> Response:
    """Return the response to OPTIONS (no authentication, RFC 9110 section 9.3.7)."""
    response = Response(status=204, headerlist=[VARY_ORIGIN])
    origin = request.environ.get("HTTP_ORIGIN")
    if (
        origin
        and origin != "null"
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in (request.environ)
    ):
        response.headers.update(
            {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": server.cors_request_headers,
                "Access-Control-Max-Age": str(server.settings.cors_max_age),
            }
        )
    response.headers["Allow"] = methods
    return response
