"""Which requests write, and so need a transaction: decided before the request runs.

What only reads (introspection, GETs with a bearer token, metadata) runs in autocommit,
and so does the client credentials grant, which writes by a single statement.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WRITING_GET = ("authorize", "end_session")
"""Endpoints whose GET leaves something behind: a pending request, a code, a logout."""
READING_POST = ("introspect", "userinfo")
"""Endpoints whose POST is only a question."""


SMALL = 4096
"""Bytes of a body that is looked into."""


class Writes:
    """Whether a request may write; made for one prefix of the OAuth endpoints."""

    def __init__(self, prefix: str) -> None:
        base = "/" + prefix.strip("/") if prefix.strip("/") else ""
        self._writing_get = tuple(f"{base}/{name}" for name in WRITING_GET)
        self._reading_post = frozenset(f"{base}/{name}" for name in READING_POST)
        self._token = f"{base}/token"

    def __call__(self, request: Any) -> bool:
        """True for every request that is not known to read only."""
        path: str = request.environ.get("PATH_INFO", "").rstrip("/")
        if request.environ["REQUEST_METHOD"] in SAFE:
            return path.startswith(self._writing_get)
        if path == self._token and _is_single_row(request):
            return False
        return path not in self._reading_post


def _is_single_row(request: Any) -> bool:
    """The one grant that writes a single row: its statement is its transaction."""
    length = request.content_length
    if length is None or length > SMALL:
        return False
    # Read as the endpoint reads it: a look-alike parameter must not cost another
    # grant its transaction.
    pairs = parse_qsl(request.body, keep_blank_values=True)
    grants = [value for name, value in pairs if name == b"grant_type"]
    return grants == [b"client_credentials"]
