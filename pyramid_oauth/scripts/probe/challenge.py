"""Parser for the challenge of a protected resource (RFC 9110 11.6.1, RFC 6750 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PARAMETER = re.compile(
    r"(?:^|[\s,])([A-Za-z0-9._~+-]+)\s*=\s*"
    r'(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))'
)

# Without an end it matches, too: a hostile header must not be read again and again.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*"?')

_BEARER = re.compile(r"(?:^|,\s*)bearer(?:\s+|$)", re.IGNORECASE)

_OTHER_SCHEME = re.compile(r",\s*[A-Za-z][A-Za-z0-9-]*\s+[A-Za-z0-9._~+-]+\s*=")


def bearer_parameters(header: str) -> Mapping[str, str] | None:
    """Return the parameters of the challenge `Bearer`; None if there is none."""
    # A description may read like another challenge.
    masked = _QUOTED.sub(lambda each: "_" * len(each[0]), header)
    found = _BEARER.search(masked)
    if found is None:
        return None
    begin = found.end()
    other = _OTHER_SCHEME.search(masked, begin)
    text = header[begin : other.start() if other else None]
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else token
        for name, quoted, token in _PARAMETER.findall(text)
    }
