"""A public document from memory: ETag, cache headers, readable for every origin.

RFC 9110 sections 8.8.3, 13.1.2 and 15.5.6; WHATWG Fetch for the origins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pyramid.response import Response

from pyramid_oauth.http.responses import not_allowed

METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class CachedDocument:
    """JSON as it is sent, and the headers beside it, written once for all requests."""

    raw: bytes
    etag: str
    _confirming: tuple[tuple[str, str], ...]
    _sending: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, value: Mapping[str, Any], cache_control: str) -> CachedDocument:
        """`value`, with what caches may do with it (RFC 9111 section 5.2)."""
        raw = json.dumps(value, indent=1).encode()
        etag = f'"{sha256(raw).hexdigest()[:32]}"'
        confirming = (
            ("Cache-Control", cache_control),
            ("ETag", etag),
            ("Access-Control-Allow-Origin", "*"),
        )
        content = (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(raw))),
        )
        return cls(raw, etag, confirming, confirming + content)

    def answer(self, request: Any) -> Response:
        """The document, or 304 where the caller has it, or 405."""
        environ = request.environ
        if environ["REQUEST_METHOD"] not in METHODS:
            return not_allowed(*METHODS)
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and self._is_named_by(known):
            return Response(status=304, headerlist=list(self._confirming))
        # A list of its own, to which others may add.
        return Response(headerlist=list(self._sending), app_iter=[self.raw])

    def _is_named_by(self, known: str) -> bool:
        # A list of tags, or one that a compressing proxy has made weak, holds ours.
        return self.etag in known or known.strip() == "*"
