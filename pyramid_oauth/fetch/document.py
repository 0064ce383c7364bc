"""What a fetch brings: the bytes, their type and how long they may be used.

RFC 9111 sections 4.2 and 5.2: freshness lifetime from `Cache-Control` and `Age`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_MAX_AGE = re.compile(r'(?i:(?:^|,)\s*max-age\s*=\s*"?([0-9]{1,10}))')
_NOT_STORED = re.compile(r"(?i:(?:^|,)\s*no-(?:store|cache)\s*(?:,|$))")


@dataclass(frozen=True)
class Document:
    """An answer with status 200.

    `content_type` is the media type in lower case without parameters, empty if none was
    given. `fetched_at` is when the request began (aware, UTC), so the content is at
    least that new. `max_age` is the seconds from then for which it may be used, within
    the fetcher's bounds.
    """

    url: str
    body: bytes
    content_type: str
    fetched_at: datetime
    max_age: int

    @property
    def expires_at(self) -> datetime:
        """The moment from which the document is not to be used any more."""
        return self.fetched_at + timedelta(seconds=self.max_age)


def media_type(content_type: str) -> str:
    """The bare media type of a Content-Type field (RFC 9110 section 8.3)."""
    return content_type.partition(";")[0].strip().lower()


def freshness(cache_control: str, age: str, *, least: int, most: int) -> int:
    """Seconds a response may be used for, within the bounds `least` and `most`."""
    ages = [int(value) for value in _MAX_AGE.findall(cache_control)]
    if not ages or _NOT_STORED.search(cache_control):
        return least
    spent = int(age) if re.fullmatch(r"[0-9]{1,10}", age) else 0
    return max(least, min(min(ages) - spent, most))
