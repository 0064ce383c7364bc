"""The `check_session_iframe` (OpenID Connect Session Management sections 3.2 and 3.3).

The only page of ours that any site may frame: it is empty, and its script only answers
messages.
"""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.http.responses import not_allowed
from pyramid_oauth.pages import STATIC
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.tree import Endpoint

METHODS = ("GET", "HEAD")

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="robots" content="noindex">
<title>Session</title>
<script src="{script}"></script>
</head>
<body></body>
</html>
"""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=3600",
}


class CheckSession(Endpoint):
    """`check_session`."""


def check_session(context: CheckSession, request: ServerRequest) -> Response:
    """Return the page, the same for all: its script reads the cookie."""
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    script = request.static_path(f"{STATIC}check_session.js")
    response = Response(
        PAGE.format(script=script), content_type="text/html", charset="utf-8"
    )
    response.headers.update(HEADERS)
    response.etag = sha256_digest(response.text)
    response.conditional_response = True
    return response
