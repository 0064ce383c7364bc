"""Types of pictures by their first bytes (WHATWG MIME Sniffing, section 6.1).

The Content-Type of a client's server is not trusted. SVG can contain scripts, so it is
not supported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SIGNATURES: Mapping[str, re.Pattern[bytes]] = MappingProxyType(
    {
        "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
        "image/jpeg": re.compile(rb"\xff\xd8\xff"),
        "image/gif": re.compile(rb"GIF8[79]a"),
        "image/webp": re.compile(rb"RIFF....WEBPVP", re.DOTALL),
    }
)

ACCEPT = ", ".join(SIGNATURES)


def picture_type(content: bytes) -> str | None:
    """Return the media type of `content`; None if it is not a supported picture."""
    for media_type, signature in SIGNATURES.items():
        if signature.match(content):
            return media_type
    return None
