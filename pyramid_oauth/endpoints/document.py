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

from pyramid_oauth.protocol.answer import not_allowed

METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Document:
    """JSON as it is sent, and the tag that changes with it."""

    raw: bytes
    etag: str

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Document:
        """`value`, written once."""
        raw = json.dumps(value, indent=1).encode()
        return cls(raw, f'"{sha256(raw).hexdigest()[:32]}"')

    def answer(self, request: Any, cache_control: str) -> Response:
        """The document, or 304 where the caller has it, or 405."""
        if request.method not in METHODS:
            return not_allowed(*METHODS)
        headers = [
            ("Cache-Control", cache_control),
            ("ETag", self.etag),
            ("Access-Control-Allow-Origin", "*"),
        ]
        # A list of tags, or one that a compressing proxy has made weak, holds ours.
        known = request.environ.get("HTTP_IF_NONE_MATCH", "")
        if self.etag in known or known.strip() == "*":
            return Response(status=304, headerlist=headers)
        headers += [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(self.raw))),
        ]
        return Response(headerlist=headers, app_iter=[self.raw])
