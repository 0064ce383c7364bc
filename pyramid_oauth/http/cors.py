"""CORS per application origin, on successes and errors alike (WHATWG Fetch).

A preflight carries no client, so it is answered for any origin; the answer itself is
readable only for the origins the application registered.
"""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from pyramid_oauth.server import Server


def allow_origin(request: Any, response: Response, application: Any) -> Response:
    """Let a page of an allowed origin read `response`."""
    origin = request.environ.get("HTTP_ORIGIN")
    response.headerlist.append(("Vary", "Origin"))
    if origin is None or application is None or origin == "null":
        return response
    if application.origin_allowed(origin):
        response.headerlist.append(("Access-Control-Allow-Origin", origin))
    return response


def expose_headers(response: Response, *names: str) -> None:
    """Let pages read the headers `names` of `response` too."""
    known = response.headers.get("Access-Control-Expose-Headers")
    listed = ", ".join((*filter(None, (known,)), *names))
    if listed:
        response.headers["Access-Control-Expose-Headers"] = listed


def preflight(request: Any, server: Server, methods: str) -> Response:
    """Answer OPTIONS (no authentication, RFC 9110 section 9.3.7)."""
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
                "Access-Control-Allow-Headers": "Authorization, Content-Type",
                "Access-Control-Max-Age": str(server.settings.cors_max_age),
            }
        )
    response.headers["Allow"] = methods
    return response
