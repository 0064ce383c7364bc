"""Which requests write, and so need a transaction: decided by method and path alone.

What only reads (introspection, GETs with a bearer token, metadata) runs in autocommit.
"""

from __future__ import annotations

from typing import Any

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WRITING_GET = ("authorize",)
"""Endpoints whose GET leaves something behind: a pending request, or a code."""
READING_POST = ("introspect",)
"""Endpoints whose POST is only a question."""


class Writes:
    """Whether a request may write; made for one prefix of the OAuth endpoints."""

    def __init__(self, prefix: str) -> None:
        base = "/" + prefix.strip("/") if prefix.strip("/") else ""
        self._writing_get = frozenset(f"{base}/{name}" for name in WRITING_GET)
        self._reading_post = frozenset(f"{base}/{name}" for name in READING_POST)

    def __call__(self, request: Any) -> bool:
        """True for every request that is not known to read only."""
        path = request.environ.get("PATH_INFO", "").rstrip("/")
        if request.environ["REQUEST_METHOD"] in SAFE:
            return path in self._writing_get
        return path not in self._reading_post
