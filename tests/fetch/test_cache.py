"""The cache of fetched documents.

RFC 9111 sections 4.2 and 5.2 within the host's bounds; OpenID Connect Core 10.1.1
(a key set is fetched again when a key is missing).
"""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth import clock
from pyramid_oauth.fetch import Document, Fetcher, FetchError, Reason
from pyramid_oauth.fetch.cache import freshness_lifetime
from tests.fetch.conftest import MakeFetcher
from tests.support.servers import Server, build_response
from tests.support.waiting import wait_until


def url(server: Server, path: str = "/jwks") -> str:
    return f"http://client.example:{server.port}{path}"


@pytest.mark.spec("RFC 9111", "5.2.2.1")
@pytest.mark.parametrize(
    ("headers", "lifetime"),
    [
        ({}, 300),
        ({"Cache-Control": "max-age=1000"}, 1000),
        ({"Cache-Control": "public, MAX-AGE=1000, max-age=900"}, 900),
        ({"Cache-Control": "max-age=1000", "Age": "400"}, 600),
        ({"Cache-Control": "max-age=1"}, 300),
        ({"Cache-Control": "max-age=9999999999999999999999"}, 86400),
        ({"Cache-Control": "no-store, max-age=1000"}, 300),
        ({"Cache-Control": "max-age=-5"}, 300),
    ],
    ids=str,
)
def test_a_document_is_cached_for_its_max_age_within_bounds(
    local_fetcher: Fetcher, http_server: Server, headers: dict[str, str], lifetime: int
) -> None:
    http_server.respond_with(build_response(headers=headers))
    with clock.frozen() as time_:
        document = local_fetcher.get(url(http_server))
        assert document.max_age == lifetime
        assert document.fetched_at == clock.now()
        time_.advance(lifetime - 1)
        assert local_fetcher.get(url(http_server)) == document
        assert len(http_server.requests) == 1
        time_.advance(1)
        local_fetcher.get(url(http_server))
        assert len(http_server.requests) == 2


@given(st.text(), st.text())
def test_freshness_stays_within_its_bounds(cache_control: str, age: str) -> None:
    assert (
        300
        <= freshness_lifetime(cache_control, age, minimum=300, maximum=86400)
        <= 86400
    )


def test_equivalent_urls_share_a_cache_entry_but_accept_fields_do_not(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    local_fetcher.get(url(http_server))
    local_fetcher.get(url(http_server).replace("client.example", "CLIENT.example"))
    assert len(http_server.requests) == 1
    local_fetcher.get(url(http_server), accept="application/jwt")
    assert len(http_server.requests) == 2


def test_the_least_recently_used_document_is_evicted(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    fetcher = make_fetcher(cache_max_entries=2)
    for path in ("/a", "/b", "/a", "/c", "/a"):
        fetcher.get(url(http_server, path))
    assert len(http_server.requests) == 3
    fetcher.get(url(http_server, "/b"))
    assert len(http_server.requests) == 4


def test_a_failure_is_cached_for_the_back_off_time(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    http_server.respond_with(build_response(status="503 Down"))
    with clock.frozen() as time_:
        for cached in (False, True, True):
            with pytest.raises(FetchError) as caught:
                local_fetcher.get(url(http_server))
            assert (caught.value.status, caught.value.cached) == (503, cached)
        assert len(http_server.requests) == 1
        http_server.respond_with(build_response())
        time_.advance(60)
        assert local_fetcher.get(url(http_server)).body == b"{}"


def test_an_expired_document_is_not_used_when_the_server_fails(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    with clock.frozen() as time_:
        local_fetcher.get(url(http_server))
        http_server.respond_with(build_response(status="500 Oops"))
        time_.advance(300)
        with pytest.raises(FetchError):
            local_fetcher.get(url(http_server))


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_rotated_key_set_is_fetched_at_once_but_not_repeatedly(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    with clock.frozen() as time_:
        old = local_fetcher.get(url(http_server))
        time_.advance(1)
        http_server.respond_with(build_response(b'{"keys": [1]}'))
        new = local_fetcher.get(url(http_server), fresh_after=old.fetched_at)
        assert new.body == b'{"keys": [1]}'
        assert local_fetcher.get(url(http_server), fresh_after=old.fetched_at) == new
        time_.advance(59)
        assert local_fetcher.get(url(http_server), fresh_after=new.fetched_at) == new
        assert len(http_server.requests) == 2
        time_.advance(1)
        local_fetcher.get(url(http_server), fresh_after=new.fetched_at)
        assert len(http_server.requests) == 3


def test_a_document_older_than_not_before_is_fetched_again(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    with clock.frozen() as time_:
        local_fetcher.get(url(http_server))
        # Each moment causes one fetch, even a moment in the future.
        for ahead in (0, 0, 1):
            time_.advance(1)
            moment = clock.now() + timedelta(seconds=ahead)
            http_server.respond_with(build_response(moment.isoformat().encode()))
            for _ in range(2):
                document = local_fetcher.get(url(http_server), not_before=moment)
                assert document.body == moment.isoformat().encode()
        assert len(http_server.requests) == 4
        # None of them is a forced fetch; after each, another fetch may be forced.
        for requests in (5, 7):
            time_.advance(2)
            local_fetcher.get(url(http_server), fresh_after=clock.now())
            assert len(http_server.requests) == requests
            time_.advance(1)
            local_fetcher.get(url(http_server), not_before=clock.now())


def test_a_failed_fetch_does_not_fall_back_to_an_older_document(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    with clock.frozen() as time_:
        old = local_fetcher.get(url(http_server))
        time_.advance(1)
        http_server.respond_with(build_response(status="500 Oops"))
        for _ in range(2):
            with pytest.raises(FetchError):
                local_fetcher.get(url(http_server), not_before=clock.now())
        assert len(http_server.requests) == 2, (
            "a failed URL is not fetched again during the back-off time"
        )
        assert local_fetcher.get(url(http_server)) == old


def test_a_forced_fetch_that_fails_leaves_the_document_in_use(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    with clock.frozen():
        old = local_fetcher.get(url(http_server))
        http_server.respond_with(build_response(status="500 Oops"))
        assert local_fetcher.get(url(http_server), fresh_after=clock.now()) == old
        assert local_fetcher.get(url(http_server)) == old
        assert len(http_server.requests) == 2


def fetch_concurrently(
    fetcher: Fetcher, address: str, count: int
) -> list[Document | FetchError]:
    """The results of `count` threads that fetch at the same time."""
    start = threading.Barrier(count)

    def fetch(_: int) -> Document | FetchError:
        start.wait()
        try:
            return fetcher.get(address)
        except FetchError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(fetch, range(count)))


def respond_slowly(server: Server, reply: bytes) -> None:
    def handler(peer: socket.socket, request: bytes) -> None:
        time.sleep(0.3)
        peer.sendall(reply)

    server.handler = handler


def test_concurrent_requests_for_a_url_cause_one_fetch(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    respond_slowly(http_server, build_response(b'{"keys": []}'))
    got = fetch_concurrently(local_fetcher, url(http_server), 20)
    assert len(http_server.requests) == 1
    assert all(isinstance(item, Document) for item in got)
    assert len({item.body for item in got if isinstance(item, Document)}) == 1


def test_concurrent_requests_share_a_failure_each_with_its_own_exception(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    respond_slowly(http_server, build_response(status="404 Gone"))
    got = fetch_concurrently(local_fetcher, url(http_server), 20)
    assert len(http_server.requests) == 1
    assert {item.status for item in got if isinstance(item, FetchError)} == {404}
    assert len({id(item) for item in got}) == 20


def test_a_refusal_for_concurrency_is_not_cached(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    resolving, released = threading.Event(), threading.Event()

    def resolver(host: str, port: int) -> list[str]:
        if host == "slow.example":
            resolving.set()
            released.wait(5)
        return ["127.0.0.1"]

    fetcher = make_fetcher(max_concurrent=1, timeout=0.3, resolver=resolver)
    with pytest.raises(FetchError) as caught:
        fetcher.get("https://slow.example/")
    assert resolving.is_set()
    assert caught.value.reason is Reason.TIMEOUT
    with pytest.raises(FetchError) as caught:
        fetcher.get(url(http_server))
    assert caught.value.reason is Reason.BUSY
    released.set()

    def is_answered() -> bool:
        try:
            return fetcher.get(url(http_server)).body == b"{}"
        except FetchError:
            return False

    wait_until(is_answered, 10)


def test_concurrent_fetches_are_limited(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    fetcher = make_fetcher(max_concurrent=2)
    active_counts: list[int] = []
    active, lock = 0, threading.Lock()

    def count(peer: socket.socket, request: bytes) -> None:
        nonlocal active
        with lock:
            active += 1
            active_counts.append(active)
        time.sleep(0.1)
        with lock:
            active -= 1
        peer.sendall(build_response())

    http_server.handler = count
    with ThreadPoolExecutor(6) as pool:
        paths = [url(http_server, f"/{number}") for number in range(6)]
        assert len(list(pool.map(fetcher.get, paths))) == 6
    assert max(active_counts) == 2


def test_an_interrupted_fetch_releases_waiting_threads(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    entered, released = threading.Event(), threading.Event()

    def interrupted(host: str, port: int) -> list[str]:
        entered.set()
        released.wait(30)
        raise KeyboardInterrupt

    fetcher = make_fetcher(resolver=interrupted)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(fetcher.get, url(http_server))
        entered.wait(30)
        waiter = pool.submit(fetcher.get, url(http_server))
        time.sleep(0.5)  # until it waits
        released.set()
        assert isinstance(leader.exception(30), KeyboardInterrupt)
        error = waiter.exception(30)
    assert isinstance(error, FetchError)
    assert error.reason is Reason.ABANDONED
