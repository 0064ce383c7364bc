"""CORS by the origins of an application, on success and error responses (WHATWG Fetch).

A preflight request names no client, so every origin gets a response to it; the actual
response is readable only for the origins that the application registered.
"""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server, ServerRequest


def allow_origin(
    request: ServerRequest,
    response: Response,
    application: AbstractApplication | None,
) -> Response:
    """Add the CORS header if the application registered the origin."""
    origin = request.environ.get("HTTP_ORIGIN")
    response.headerlist.append(("Vary", "Origin"))
    if origin is None or application is None or origin == "null":
        return response
    if application.origin_allowed(origin):
        response.headerlist.append(("Access-Control-Allow-Origin", origin))
        expose_headers(request, response)
    return response


def allow_every_origin(request: ServerRequest, response: Response) -> None:
    """Add the CORS headers of an endpoint whose responses every origin may read."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    expose_headers(request, response)


def expose_headers(request: ServerRequest, response: Response, *names: str) -> None:
    """Let scripts read `names`, and the registered headers that the response has."""
    server: Server = request.oauth.server
    known = response.headers.get("Access-Control-Expose-Headers")
    present = [
        name for name in server.cors_response_headers if name in response.headers
    ]
    listed = [*(known.split(", ") if known else ()), *names, *present]
    if listed:
        exposed = ", ".join(dict.fromkeys(listed))
        response.headers["Access-Control-Expose-Headers"] = exposed


def preflight(request: ServerRequest, server: Server, methods: str) -> Response:
    """Return the response to OPTIONS (no authentication, RFC 9110 section 9.3.7)."""
    response = Response(status=204, headerlist=[("Vary", "Origin")])
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
