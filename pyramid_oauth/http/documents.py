"""Public JSON document in memory, with ETag, cache headers and CORS for every origin.

RFC 9110 sections 8.8.3, 13.1.2 and 15.5.6; WHATWG Fetch for the origins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pyramid.response import Response

from pyramid_oauth.http.responses import NO_SNIFF, FixedResponse, not_allowed
from pyramid_oauth.server import ServerRequest

METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class CachedDocument:
    """A serialized JSON document with its headers, built once for all requests."""

    raw: bytes
    etag: str
    _headers_304: tuple[tuple[str, str], ...]
    _headers_200: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, value: Mapping[str, Any], cache_control: str) -> CachedDocument:
        """Serialize `value`, with its Cache-Control (RFC 9111 section 5.2)."""
        raw = json.dumps(value, indent=1).encode()
        etag = f'"{sha256(raw).hexdigest()[:32]}"'
        headers = (
            ("Cache-Control", cache_control),
            ("ETag", etag),
            ("Access-Control-Allow-Origin", "*"),
        )
        content = (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(raw))),
            NO_SNIFF,
        )
        return cls(raw, etag, headers, headers + content)

    def answer(self, request: ServerRequest) -> Response:
        """Return the document, 304 if the ETag matches, or 405."""
        environ = request.environ
        if environ["REQUEST_METHOD"] not in METHODS:
            return not_allowed(request, *METHODS)
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and self._matches(known):
            return Response(status=304, headerlist=list(self._headers_304))
        # A copy, since callers add headers.
        return FixedResponse(headerlist=list(self._headers_200), app_iter=[self.raw])

    def _matches(self, known: str) -> bool:
        # A substring test accepts lists of tags, and weak tags of a compressing proxy.
        return self.etag in known or known.strip() == "*"
