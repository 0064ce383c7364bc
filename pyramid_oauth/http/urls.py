"""The path of a request, to send a browser back to it.

RFC 9700 section 4.11.2 (no open redirector), RFC 3986 section 4.2 (`//host/path`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


def current_path(request: Any) -> str:
    """The path that came, beginning with one slash.

    Traversal passes over empty and dotted segments, so that `//elsewhere/../authorize`
    finds the endpoint of a server at the root; browsers take it for another host.
    """
    path: str = request.path
    return "/" + path.lstrip("/")


def with_members(uri: str, members: Mapping[str, str], fragment: bool) -> str:
    """`uri` with `members` added; its own query stays as it was written."""
    encoded = urlencode(members)
    if fragment:
        return f"{uri}#{encoded}"
    mark = "&" if "?" in uri and not uri.endswith("?") else "?"
    return f"{uri.removesuffix('?')}{mark}{encoded}"
