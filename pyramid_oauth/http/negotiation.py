"""Content negotiation of our pages: HTML for browsers, JSON for scripts of the site.

RFC 9110 section 12.5.1.
"""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.http.responses import json_object
from pyramid_oauth.server import ServerRequest

JSON = "application/json"

HTML = "text/html"

_OF_BODY = frozenset({"content-type", "content-length", "location"})


def wants_json(request: ServerRequest) -> bool:
    """Whether a script wants JSON: browsers that open a page accept HTML."""
    accepted = request.environ.get("HTTP_ACCEPT", "")
    if JSON in accepted:
        return HTML not in accepted
    return is_json(request)


def is_json(request: ServerRequest) -> bool:
    """Whether the body is JSON."""
    content_type: str = request.environ.get("CONTENT_TYPE", "")
    return content_type.partition(";")[0].strip().lower() == JSON


def redirect_as_json(request: ServerRequest, response: Response) -> Response:
    """Return a redirect as JSON for a script, which does not see where redirects lead.

    Any other response stays as it is.
    """
    location = response.headers.get("Location")
    if location is None:
        return response
    adapted = json_object(request, {"status": "redirect", "redirect_to": location})
    adapted.headerlist.extend(
        (name, value)
        for name, value in response.headerlist
        if name.lower() not in _OF_BODY and name not in adapted.headers
    )
    return adapted
