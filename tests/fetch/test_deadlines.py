"""Deadlines of fetches: slow responses, name resolution and handshakes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pyramid_oauth.fetch import FetchError, Reason
from tests.fetch.conftest import MakeFetcher, http_url
from tests.support.servers import Server

pytestmark = pytest.mark.slow

LONG = 8.0
"""Seconds in which even a busy machine notices a deadline that has passed.

With a deadline for each read only, the upload of the large form takes fifteen.
"""


@contextmanager
def ends_at_deadline() -> Iterator[None]:
    """A fetch in the block fails with a timeout, not long after its deadline."""
    began = time.monotonic()
    with pytest.raises(FetchError) as caught:
        yield
    assert caught.value.reason is Reason.TIMEOUT
    assert time.monotonic() - began < LONG


@pytest.mark.parametrize(
    ("opening", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b""),
    ],
    ids=["status-line", "headers", "body", "interim-responses", "silence"],
)
def test_a_slow_response_ends_at_the_deadline(
    make_fetcher: MakeFetcher, http_server: Server, opening: bytes, drop: bytes
) -> None:
    http_server.send_slowly(opening, drop)
    with ends_at_deadline():
        make_fetcher(timeout=0.4).get(http_url(http_server))


def test_an_endless_response_ends_at_the_deadline(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    http_server.send_slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, pause=0)
    with ends_at_deadline():
        make_fetcher(timeout=0.4).get(http_url(http_server))


def test_a_server_that_reads_slowly_ends_at_the_deadline(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    def read_slowly(peer: socket.socket) -> bytes:
        while peer.recv(100_000):
            time.sleep(0.05)
        return b""

    http_server.receive = read_slowly
    with ends_at_deadline():
        make_fetcher(timeout=0.4).post_form(
            http_url(http_server), {"big": "x" * 40_000_000}
        )


def test_a_server_that_reads_nothing_ends_at_the_deadline(
    make_fetcher: MakeFetcher,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://client.example:{listener.getsockname()[1]}/"
        with ends_at_deadline():
            make_fetcher(timeout=0.4).post_form(url, {"big": "x" * 20_000_000})


def test_a_silent_tls_handshake_ends_at_the_deadline(
    make_fetcher: MakeFetcher,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://client.example:{listener.getsockname()[1]}/"
        with ends_at_deadline():
            make_fetcher(timeout=0.4).get(url)


def test_a_slow_name_resolution_ends_at_the_deadline(make_fetcher: MakeFetcher) -> None:
    answers = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        answers.wait(2 * LONG)
        return ["127.0.0.1"]

    fetcher = make_fetcher(timeout=0.2, resolver=slow)
    with ends_at_deadline():
        fetcher.get("https://client.example/")
    answers.set()
