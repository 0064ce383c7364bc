"""LRU cache of fetched documents and of failures.

RFC 9111 (freshness, within the host's bounds). A failed URL is not requested again
during the back-off, so that an attacker cannot make this server flood another one.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pyramid_oauth import clock
from pyramid_oauth.fetch.errors import FetchError

Key = tuple[str, str]
"""The normalized URL and the Accept header of the request."""


@dataclass(frozen=True)
class _Entry:
    document: Document | None = None
    failure: FetchError | None = None
    failed_at: datetime | None = None
    forced_at: datetime | None = None
    renewed_for: datetime | None = None
    """The `not_before` of the call that fetched it, in case clocks disagree."""


_EMPTY = _Entry()


class Cache:
    """Bounded cache that evicts the least recently used entry.

    It has no lock of its own: the fetcher holds one. `backoff` and `refetch_interval`
    are in seconds.
    """

    def __init__(self, entries: int, backoff: float, refetch_interval: float) -> None:
        self._limit = entries
        self._backoff = timedelta(seconds=backoff)
        self._interval = timedelta(seconds=refetch_interval)
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    def find(
        self, key: Key, fresh_after: datetime | None, not_before: datetime | None
    ) -> Document | None:
        """Return the document to use, or None to fetch; raise a failure in back-off."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        document = self.get_usable(key, not_before)
        if document is not None:
            stale = fresh_after is not None and document.fetched_at <= fresh_after
            return None if stale and self._can_force(entry) else document
        if entry.failure and self._is_backing_off(entry.failed_at):
            raise entry.failure.copy(cached=True)
        return None

    def get_usable(self, key: Key, not_before: datetime | None) -> Document | None:
        """Return the unexpired document of `key`, if `not_before` allows it."""
        entry = self._entries.get(key, _EMPTY)
        document = entry.document
        if document is None or clock.now() >= document.expires_at:
            return None
        renewed = max(document.fetched_at, entry.renewed_for or document.fetched_at)
        return None if not_before is not None and renewed < not_before else document

    def get_failure(self, key: Key) -> FetchError | None:
        """Return the failure of the last fetch, unless that succeeded."""
        return self._entries.get(key, _EMPTY).failure

    def mark_started(self, key: Key, not_before: datetime | None) -> None:
        """Record the start of a fetch, for the interval between forced ones."""
        if entry := self._entries.get(key):
            forced_at = clock.now() if self.get_usable(key, not_before) else None
            self._put(key, replace(entry, forced_at=forced_at))

    def store(self, key: Key, document: Document, not_before: datetime | None) -> None:
        """Store `document` and remove an earlier failure."""
        forced_at = self._entries.get(key, _EMPTY).forced_at
        self._put(key, _Entry(document, forced_at=forced_at, renewed_for=not_before))

    def store_failure(self, key: Key, failure: FetchError) -> None:
        """Store the failure beside a document that may still be usable."""
        entry = self._entries.get(key, _EMPTY)
        self._put(key, replace(entry, failure=failure.copy(), failed_at=clock.now()))

    def _is_backing_off(self, failed_at: datetime | None) -> bool:
        return failed_at is not None and clock.now() < failed_at + self._backoff

    def _can_force(self, entry: _Entry) -> bool:
        last = entry.forced_at
        return last is None or clock.now() >= last + self._interval

    def _put(self, key: Key, entry: _Entry) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)


_MAX_AGE = re.compile(r'(?i:(?:^|,)\s*max-age\s*=\s*"?([0-9]{1,10}))')

_NOT_STORED = re.compile(r"(?i:(?:^|,)\s*no-(?:store|cache)\s*(?:,|$))")


@dataclass(frozen=True)
class Document:
    """The content of a response with status 200.

    Attributes:
        url: The normalized URL.
        body: The content, uncompressed.
        content_type: The media type in lower case without parameters; empty if the
            response has none.
        fetched_at: When the request started (aware, UTC).
        max_age: Seconds from then for which it is usable, within the fetcher's bounds.
    """

    url: str
    body: bytes
    content_type: str
    fetched_at: datetime
    max_age: int

    @property
    def expires_at(self) -> datetime:
        """When the document expires (aware, UTC)."""
        return self.fetched_at + timedelta(seconds=self.max_age)


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type header (RFC 9110 section 8.3)."""
    return content_type.partition(";")[0].strip().lower()


def freshness_lifetime(
    cache_control: str, age: str, *, minimum: int, maximum: int
) -> int:
    """Return the seconds for which a response is fresh (RFC 9111 section 4.2.1)."""
    ages = [int(value) for value in _MAX_AGE.findall(cache_control)]
    if not ages or _NOT_STORED.search(cache_control):
        return minimum
    elapsed = int(age) if re.fullmatch(r"[0-9]{1,10}", age) else 0
    return max(minimum, min(min(ages) - elapsed, maximum))
