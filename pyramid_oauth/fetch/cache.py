"""What was fetched lately, and what failed lately, in a bounded space.

RFC 9111 (freshness, within the host's bounds); a failed URL is left alone for a while,
so that a stranger cannot make this server hammer another one.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pyramid_oauth import clock
from pyramid_oauth.fetch.errors import FetchError

Key = tuple[str, str]
"""URL in normal form and the Accept field it was asked with."""


@dataclass(frozen=True)
class _Entry:
    document: Document | None = None
    failure: FetchError | None = None
    failed_at: datetime | None = None
    forced_at: datetime | None = None
    renewed_for: datetime | None = None
    """The latest `not_before` for which it was fetched, whatever the clocks said."""


_NOTHING = _Entry()


class Cache:
    """Least recently used entries go first. Not locked: the fetcher holds its lock.

    `backoff` and `refetch_interval` are in seconds.
    """

    def __init__(self, entries: int, backoff: float, refetch_interval: float) -> None:
        self._limit = entries
        self._backoff = timedelta(seconds=backoff)
        self._interval = timedelta(seconds=refetch_interval)
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    def find(
        self, key: Key, fresh_after: datetime | None, not_before: datetime | None
    ) -> Document | None:
        """The document to use, None if one is to be fetched; raises a known failure."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        document = self.usable(key, not_before)
        if document is not None:
            stale = fresh_after is not None and document.fetched_at <= fresh_after
            return None if stale and self._may_force(entry) else document
        if entry.failure and self._backs_off(entry.failed_at):
            raise entry.failure.again(cached=True)
        return None

    def usable(self, key: Key, not_before: datetime | None) -> Document | None:
        """The document held for `key` while it has not expired, if it is new enough."""
        entry = self._entries.get(key, _NOTHING)
        document = entry.document
        if document is None or clock.now() >= document.expires_at:
            return None
        renewed = max(document.fetched_at, entry.renewed_for or document.fetched_at)
        return None if not_before is not None and renewed < not_before else document

    def begun(self, key: Key, not_before: datetime | None) -> None:
        """Note whether a still usable document is being fetched anew."""
        if entry := self._entries.get(key):
            forced_at = clock.now() if self.usable(key, not_before) else None
            self._put(key, replace(entry, forced_at=forced_at))

    def fetched(
        self, key: Key, document: Document, not_before: datetime | None
    ) -> None:
        """Keep `document`, forget an earlier failure."""
        forced_at = self._entries.get(key, _NOTHING).forced_at
        self._put(key, _Entry(document, forced_at=forced_at, renewed_for=not_before))

    def failed(self, key: Key, failure: FetchError) -> None:
        """Remember the failure; a document that is still usable stays so."""
        entry = self._entries.get(key, _NOTHING)
        known = failure.again()
        self._put(key, replace(entry, failure=known, failed_at=clock.now()))

    def _backs_off(self, failed_at: datetime | None) -> bool:
        return failed_at is not None and clock.now() < failed_at + self._backoff

    def _may_force(self, entry: _Entry) -> bool:
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
