"""URLs of redirects: the path of the request, and query or fragment parameters.

RFC 9700 section 4.11.2 (no open redirector), RFC 3986 section 4.2 (`//host/path`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote_plus

from pyramid_oauth.server import ServerRequest

_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")


def current_path(request: ServerRequest) -> str:
    """Return the path of the request with exactly one leading slash.

    Traversal ignores empty and dotted segments, so that `//elsewhere/../authorize`
    reaches the endpoint of a server at the root; browsers read it as another host.
    """
    path: str = request.path
    return "/" + path.lstrip("/")


def with_members(uri: str, members: Mapping[str, str], fragment: bool) -> str:
    """Add `members` to the query or fragment of `uri`; its own query is unchanged."""
    encoded = "&".join(
        f"{_encode(name)}={_encode(str(value))}" for name, value in members.items()
    )
    if fragment:
        return f"{uri}#{encoded}"
    separator = "&" if "?" in uri and not uri.endswith("?") else "?"
    return f"{uri.removesuffix('?')}{separator}{encoded}"


def _encode(text: str) -> str:
    """Return `text` form-encoded; `quote_plus` alone takes long for a code."""
    return text if _UNRESERVED.fullmatch(text) else quote_plus(text)
