"""Paths below the server that are no UTF-8: 400, and the host's pages stay the host's.

RFC 3986 section 2.5. Pyramid raises for them before it looks for a route, and a host
without a view for that error would answer 500.
"""

from __future__ import annotations

from typing import Any

from pyramid.exceptions import URLDecodeError
from pyramid.response import Response

from pyramid_oauth.config.registry import COLLECTED, Registrations
from pyramid_oauth.http.responses import json_answer

BODY = '{"error": "invalid_request", "error_description": "The path is not UTF-8."}'


class BelowTheServer:
    """View predicate: the path is that of an endpoint, or below a prefix of ours."""

    def __init__(self, value: bool, config: Any) -> None:
        self._value = value

    def text(self) -> str:
        """What `pviews` shows."""
        return f"below_oauth_server = {self._value}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        """Whether the tree is mounted where the path leads."""
        made: Registrations = request.registry[COLLECTED]
        if made.prefix is None:
            return False
        path: str = request.environ["PATH_INFO"].strip("/")
        if made.prefix:
            return path.startswith(f"{made.prefix}/")
        return path.partition("/")[0] in made.endpoints


def undecodable(context: Any, request: Any) -> Response:
    """Answer 400."""
    return json_answer(request, BODY, 400)


def includeme(config: Any) -> None:
    """Add the view; it is for these paths alone, whatever else the host has."""
    config.add_view_predicate("below_oauth_server", BelowTheServer)
    config.add_exception_view(
        undecodable, context=URLDecodeError, below_oauth_server=True
    )
