"""The page that posts an answer to the client.

OAuth 2.0 Form Post Response Mode section 2; a script file sends it off, and without
JavaScript its button does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pyramid.response import Response

from pyramid_oauth.pages import STATIC
from pyramid_oauth.pages.rendering import page


def show(request: Any, uri: str, members: Mapping[str, str]) -> Response:
    """A form with `members` whose action is the client's redirect `uri`."""
    values = {
        "action": uri,
        "members": members,
        "host": urlsplit(uri).hostname,
        "script": request.static_path(f"{STATIC}form_post.js"),
    }
    response = page(request, "form_post", values, leads_away=True, scripts=True)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def can_be_posted(uri: str) -> bool:
    """Whether a form can be posted to `uri`: programs on a device take only GET."""
    return urlsplit(uri).scheme in ("http", "https")
