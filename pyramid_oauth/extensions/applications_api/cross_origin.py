"""CORS of the API: scripts of the origins that the settings name (WHATWG Fetch)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from pyramid_oauth.extensions.applications_api.settings import ApplicationsApiSettings
from pyramid_oauth.http.cors import VARY_ORIGIN, expose_headers
from pyramid_oauth.server import Server, ServerRequest

REQUEST_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match"

RESPONSE_HEADERS = ("ETag", "Link", "Location", "Retry-After", "WWW-Authenticate")

View = Callable[[Any, ServerRequest], Response]


def with_cors(view: View, methods: str) -> View:
    """Return `view` for scripts of the named origins; without any it stays as it is.

    The API needs a token in a header and reads no cookie, so that no browser adds a
    credential to the request of a script.

    Args:
        view: The view.
        methods: The methods that it answers, separated by commas.
    """

    def respond(context: Any, request: ServerRequest) -> Response:  # noqa: ANN401 - the host's class
        server: Server = request.oauth.server
        section = server.settings[ApplicationsApiSettings]
        origins = section.applications_api_origins
        if not origins:
            return view(context, request)
        origin = request.headers.get("Origin", "")
        if request.method == "OPTIONS":
            response = _preflight(server, methods)
        else:
            response = view(context, request)
        response.headerlist.append(VARY_ORIGIN)
        if origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            expose_headers(request, response, *RESPONSE_HEADERS)
        return response

    return respond


def _preflight(server: Server, methods: str) -> Response:
    response = Response(status=204)
    response.headers.update(
        {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": str(server.settings.cors_max_age),
            "Allow": methods,
        }
    )
    return response
