"""The one way out: fetches documents and delivers forms to URLs that clients name.

OpenID Connect Core 6.2 and 10.1, RFC 7591 section 5, Back-Channel Logout 2.5; the
defences follow RFC 9728 section 7.7.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import cache
from threading import BoundedSemaphore, Lock
from urllib.parse import urlencode

from pyramid_oauth import clock
from pyramid_oauth.fetch.cache import Cache, Document, Key, freshness, media_type
from pyramid_oauth.fetch.dns_pinning import Pinning, Resolver, system_resolver
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.transport import Deadline, Exchange, Reply
from pyramid_oauth.fetch.url import Target


class Fetcher:
    """Requests that cannot be led to where only this server could go. Thread-safe.

    `allow_http` and `allow_private` are for development. `timeout` is the total time of
    a request in seconds, waiting and name look-up included; `max_bytes` the limit of a
    body. Documents are kept at least `min_age` and at most `max_age` seconds whatever
    their Cache-Control says, failures `failure_backoff` seconds, in no more than
    `cache_max_entries` entries. `refetch_interval` is the least time in seconds between
    two fetches forced by `fresh_after`. At most `max_concurrent` requests are under way
    in the process. `ssl_context` must verify; default: the system's trusted roots.
    """

    def __init__(
        self,
        *,
        allow_http: bool = False,
        allow_private: bool = False,
        timeout: float = 5.0,
        max_bytes: int = 65536,
        cache_max_entries: int = 1000,
        min_age: int = 300,
        max_age: int = 86400,
        failure_backoff: float = 60,
        refetch_interval: float = 60,
        max_concurrent: int = 10,
        resolver: Resolver = system_resolver,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_http = allow_http
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._ages = (min_age, max_age)
        self._cache = Cache(cache_max_entries, failure_backoff, refetch_interval)
        self._slots = BoundedSemaphore(max_concurrent)
        self._pinning = Pinning(
            resolver, allow_private=allow_private, max_concurrent=max_concurrent
        )
        self._ssl_context = _verifying(ssl_context or _system_roots())
        self._lock = Lock()
        self._flights: dict[Key, Future[Document]] = {}

    def get(
        self,
        url: str,
        accept: str = "application/json",
        *,
        fresh_after: datetime | None = None,
        not_before: datetime | None = None,
    ) -> Document:
        """The document at `url`, from the cache where that may be.

        `fresh_after` (aware) asks for one fetched later than that, for a key set that
        lacks a key; where that was done lately, or fails, the one at hand is returned.
        What was fetched before `not_before` (aware) is not used at all: a client that
        named the URL then means what is there since. One fetch answers every call with
        the same moment. Raises FetchError.
        """
        target = self._target(url)
        key = (str(target), accept)
        with self._lock:
            known = self._cache.find(key, fresh_after, not_before)
            if known is not None:
                return known
            flight = self._flights.get(key)
            if leads := flight is None:
                flight = self._flights[key] = Future()
                self._cache.begun(key, not_before)
        if not leads:
            return self._wait(url, flight)
        return self._lead(key, target, flight, not_before)

    def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        """Deliver `fields` as a form under the same rules; the HTTP status, any.

        The answer's body is not read, nothing is cached. Raises FetchError.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode("ascii")
        return self._exchange(self._target(url), "POST", headers, body).status

    def check_url(self, url: str) -> None:
        """Raise FetchError if `url` could never be fetched; nothing is looked up."""
        self._target(url)

    def _target(self, url: str) -> Target:
        return Target.parse(url, allow_http=self._allow_http)

    def _wait(self, url: str, flight: Future[Document]) -> Document:
        """Take what the thread that is already fetching brings."""
        try:
            return flight.result(timeout=self._timeout)
        except TimeoutError:
            raise FetchError(Reason.TIMEOUT, url) from None
        except FetchError as error:
            raise error.again() from None

    def _lead(
        self,
        key: Key,
        target: Target,
        flight: Future[Document],
        not_before: datetime | None,
    ) -> Document:
        """Fetch for everybody who waits on `flight`."""
        try:
            document = self._attempt(key, target, not_before)
        except BaseException as error:
            self._land(key)
            known = error if isinstance(error, FetchError) else None
            other = FetchError(Reason.ABANDONED, key[0])
            flight.set_exception(known.again() if known else other)
            raise
        self._land(key)
        flight.set_result(document)
        return document

    def _land(self, key: Key) -> None:
        with self._lock:
            self._flights.pop(key, None)

    def _attempt(
        self, key: Key, target: Target, not_before: datetime | None
    ) -> Document:
        """Fetch and remember; where it fails, what is still usable."""
        try:
            document = self._fetch(target, accept=key[1])
        except FetchError as error:
            with self._lock:
                if error.reason is not Reason.BUSY:
                    self._cache.failed(key, error)
                usable = self._cache.usable(key, not_before)
            if usable is None:
                raise
            return usable
        with self._lock:
            self._cache.fetched(key, document, not_before)
        return document

    def _fetch(self, target: Target, accept: str) -> Document:
        began = clock.now()
        reply = self._exchange(
            target, "GET", {"Accept": accept}, max_bytes=self._max_bytes
        )
        least, most = self._ages
        return Document(
            url=str(target),
            body=reply.body,
            content_type=media_type(reply.header("Content-Type")),
            fetched_at=began,
            max_age=freshness(
                reply.header("Cache-Control"),
                reply.header("Age"),
                least=least,
                most=most,
            ),
        )

    def _exchange(
        self,
        target: Target,
        method: str,
        headers: dict[str, str],
        content: bytes | None = None,
        *,
        max_bytes: int | None = None,
    ) -> Reply:
        """Wait for a slot, resolve, connect, send: all before one deadline."""
        deadline = Deadline(self._timeout)
        if not self._slots.acquire(timeout=deadline.left()):
            raise FetchError(Reason.BUSY, str(target))
        try:
            addresses = self._pinning.addresses(target, deadline)
            exchange = Exchange(target, addresses, deadline, self._ssl_context)
            return exchange.send(method, headers, content, max_bytes=max_bytes)
        finally:
            self._slots.release()


@cache
def _system_roots() -> ssl.SSLContext:
    """One for the process: reading the system's certificates takes its time."""
    return ssl.create_default_context()


def _verifying(context: ssl.SSLContext) -> ssl.SSLContext:
    """`context` if it checks certificates and names; ValueError otherwise."""
    if not context.check_hostname or context.verify_mode is not ssl.CERT_REQUIRED:
        raise ValueError("ssl_context must verify certificates and host names")
    return context
