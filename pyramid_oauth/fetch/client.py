"""HTTP client for URLs from client metadata and requests: GET and form POST.

OpenID Connect Core 6.2 and 10.1, RFC 7591 section 5, Back-Channel Logout 2.5;
protection against SSRF as in RFC 9728 section 7.7.
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
from pyramid_oauth.fetch.addresses import Address
from pyramid_oauth.fetch.cache import (
    Cache,
    Document,
    Key,
    freshness_lifetime,
    media_type,
)
from pyramid_oauth.fetch.dns_pinning import PinningResolver, Resolver, system_resolver
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.transport import Deadline, Exchange, Reply
from pyramid_oauth.fetch.url import Target
from pyramid_oauth.fetch.waiting import WaitingThreads


class Fetcher:
    """HTTP client that connects to public addresses only. Thread-safe.

    Args:
        allow_http: Accept `http` URLs; for development.
        allow_private: Connect to private addresses too; for development.
        timeout: Total seconds of a request, with queueing and DNS resolution.
        max_bytes: Limit of a response body.
        cache_max_entries: Limit of cached documents and failures.
        min_age: Minimum seconds for which a document is cached, over Cache-Control.
        max_age: Maximum seconds for which a document is cached, over Cache-Control.
        failure_backoff: Seconds for which a failed URL is not requested again.
        refetch_interval: Minimum seconds between fetches forced by `fresh_after`.
        max_concurrent: Limit of concurrent requests in this process.
        max_waiting: Limit of threads that wait for documents at the same time, and
            half of it for each host and address. The next one is refused at once, so
            that slow servers cannot hold all threads.
        resolver: Resolves a host name and port to addresses.
        ssl_context: Default: one with the trusted roots of the system.

    Raises:
        ValueError: `ssl_context` does not verify certificates and host names.
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
        max_waiting: int = 10,
        resolver: Resolver = system_resolver,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_http = allow_http
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._ages = (min_age, max_age)
        self._cache = Cache(cache_max_entries, failure_backoff, refetch_interval)
        self._slots = BoundedSemaphore(max_concurrent)
        self._waiting = WaitingThreads(max_waiting)
        self._resolver = PinningResolver(
            resolver, allow_private=allow_private, max_concurrent=max_concurrent
        )
        self._ssl_context = require_verification(ssl_context or system_ssl_context())
        self._lock = Lock()
        self._in_flight: dict[Key, Future[Document]] = {}

    def get(
        self,
        url: str,
        accept: str = "application/json",
        *,
        fresh_after: datetime | None = None,
        not_before: datetime | None = None,
    ) -> Document:
        """Return the document at `url`, from the cache if fresh; share one fetch.

        Args:
            url: An absolute URL.
            accept: The Accept header.
            fresh_after: Fetch again if the cached document is not newer (aware). If
                `refetch_interval` has not passed, or the fetch fails, it is returned.
            not_before: Do not use a document that was fetched earlier (aware).

        Raises:
            FetchError: The URL is refused, or the request failed.
        """
        target = self._target(url)
        key = (str(target), accept)
        with self._lock:
            known = self._cache.find(key, fresh_after, not_before)
            if known is not None:
                return known
            if not self._waiting.enter(target.host):
                return self._get_usable(key, not_before)
            flight = self._in_flight.get(key)
            if is_first := flight is None:
                flight = self._in_flight[key] = Future()
                self._cache.mark_started(key, not_before)
        try:
            if not is_first:
                return self._wait(url, flight)
            return self._fetch_for_waiters(key, target, flight, not_before)
        finally:
            with self._lock:
                self._waiting.leave(target.host)

    def last_failure(
        self, url: str, accept: str = "application/json"
    ) -> FetchError | None:
        """Return the failure of the last GET of `url`, if it failed.

        Meanwhile `get` may return the document of an earlier one.

        Raises:
            FetchError: The URL is refused.
        """
        key = (str(self._target(url)), accept)
        with self._lock:
            return self._cache.get_failure(key)

    def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        """POST `fields` as a form and return the HTTP status, of any class.

        The response body is not read, and nothing is cached.

        Raises:
            FetchError: The URL is refused, or the request failed.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode("ascii")
        return self._exchange(self._target(url), "POST", headers, body).status

    def check_url(self, url: str) -> None:
        """Raise FetchError if no request to `url` is allowed; without DNS resolution.

        A literal private address is refused, and a name that always is a loopback
        address. What a name resolves to is checked at each request.
        """
        self._resolver.check_literal(self._target(url))

    def _target(self, url: str) -> Target:
        return Target.parse(url, allow_http=self._allow_http)

    def _get_usable(self, key: Key, not_before: datetime | None) -> Document:
        """Return the cached document although a newer one is wanted."""
        usable = self._cache.get_usable(key, not_before)
        if usable is None:
            raise FetchError(Reason.BUSY, key[0])
        return usable

    def _wait(self, url: str, flight: Future[Document]) -> Document:
        """Wait for the thread that already fetches the document."""
        try:
            return flight.result(timeout=self._timeout)
        except TimeoutError:
            raise FetchError(Reason.TIMEOUT, url) from None
        except FetchError as error:
            raise error.copy() from None

    def _fetch_for_waiters(
        self,
        key: Key,
        target: Target,
        flight: Future[Document],
        not_before: datetime | None,
    ) -> Document:
        """Fetch the document and hand it to the threads that wait for `flight`."""
        try:
            document = self._fetch_and_cache(key, target, not_before)
        except BaseException as error:
            self._remove_in_flight(key)
            known = error if isinstance(error, FetchError) else None
            other = FetchError(Reason.ABANDONED, key[0])
            flight.set_exception(known.copy() if known else other)
            raise
        self._remove_in_flight(key)
        flight.set_result(document)
        return document

    def _remove_in_flight(self, key: Key) -> None:
        with self._lock:
            self._in_flight.pop(key, None)

    def _fetch_and_cache(
        self, key: Key, target: Target, not_before: datetime | None
    ) -> Document:
        """Fetch and cache the document; on failure return a cached one if usable."""
        try:
            document = self._fetch(target, accept=key[1])
        except FetchError as error:
            with self._lock:
                if error.reason is not Reason.BUSY:
                    self._cache.store_failure(key, error)
                usable = self._cache.get_usable(key, not_before)
            if usable is None:
                raise
            return usable
        with self._lock:
            self._cache.store(key, document, not_before)
        return document

    def _fetch(self, target: Target, accept: str) -> Document:
        began = clock.now()
        reply = self._exchange(
            target,
            "GET",
            {"Accept": accept},
            max_bytes=self._max_bytes,
            is_awaited=True,
        )
        minimum, maximum = self._ages
        return Document(
            url=str(target),
            body=reply.body,
            content_type=media_type(reply.header("Content-Type")),
            fetched_at=began,
            max_age=freshness_lifetime(
                reply.header("Cache-Control"),
                reply.header("Age"),
                minimum=minimum,
                maximum=maximum,
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
        is_awaited: bool = False,
    ) -> Reply:
        """Acquire a slot, resolve, connect and send, all within one deadline."""
        deadline = Deadline(self._timeout)
        if not self._slots.acquire(timeout=deadline.remaining()):
            raise FetchError(Reason.BUSY, str(target))
        try:
            addresses = self._resolver.resolve(target, deadline)
            if is_awaited:
                self._require_free(target, addresses)
            exchange = Exchange(target, addresses, deadline, self._ssl_context)
            return exchange.send(method, headers, content, max_bytes=max_bytes)
        finally:
            self._slots.release()

    def _require_free(self, target: Target, addresses: list[Address]) -> None:
        """Raise FetchError if other names of these addresses hold their threads."""
        with self._lock:
            if not self._waiting.locate(target.host, addresses):
                raise FetchError(Reason.BUSY, str(target))


@cache
def system_ssl_context() -> ssl.SSLContext:
    """Return the SSL context of the process: reading the certificates is slow."""
    return ssl.create_default_context()


def require_verification(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return `context`; raise ValueError unless it verifies peers."""
    if not context.check_hostname or context.verify_mode is not ssl.CERT_REQUIRED:
        raise ValueError("ssl_context must verify certificates and host names")
    return context
