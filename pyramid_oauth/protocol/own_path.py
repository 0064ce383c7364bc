"""The path of a request, to send a browser back to it.

RFC 9700 section 4.11.2 (no open redirector), RFC 3986 section 4.2 (`//host/path`).
"""

from __future__ import annotations

from typing import Any


def own_path(request: Any) -> str:
    """The path that came, beginning with one slash.

    Traversal passes over empty and dotted segments, so that `//elsewhere/../authorize`
    finds the endpoint of a server at the root; browsers take it for another host.
    """
    path: str = request.path
    return "/" + path.lstrip("/")
