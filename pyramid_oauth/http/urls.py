"""URLs of redirects: the path of the request, and query or fragment parameters.

RFC 9700 section 4.11.2 (no open redirector), RFC 3986 section 4.2 (`//host/path`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


def current_path(request: Any) -> str:
    """Return the path of the request with exactly one leading slash.

    Traversal ignores empty and dotted segments, so that `//elsewhere/../authorize`
    reaches the endpoint of a server at the root; browsers read it as another host.
    """
    path: str = request.path
    return "/" + path.lstrip("/")


def with_members(uri: str, members: Mapping[str, str], fragment: bool) -> str:
    """Add `members` to the query or fragment of `uri`; its own query is unchanged."""
    encoded = urlencode(members)
    if fragment:
        return f"{uri}#{encoded}"
    separator = "&" if "?" in uri and not uri.endswith("?") else "?"
    return f"{uri.removesuffix('?')}{separator}{encoded}"
