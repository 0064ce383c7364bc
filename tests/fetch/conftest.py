"""A fetcher that may contact the servers of a test, and those servers.

The injected resolver resolves every name to the loopback interface.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from pyramid_oauth.fetch import Fetcher, FetchError
from tests.support.servers import Server

MakeFetcher = Callable[..., Fetcher]


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def http_server() -> Iterator[Server]:
    plain = Server()
    yield plain
    plain.close()


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("client.example").configure_cert(context)
    secure = Server(context)
    yield secure
    secure.close()


@pytest.fixture
def make_fetcher(trust: ssl.SSLContext) -> MakeFetcher:
    def make(**options: Any) -> Fetcher:
        return Fetcher(
            **{
                "allow_http": True,
                "allow_private": True,
                "resolver": lambda host, port: ["127.0.0.1"],
                "ssl_context": trust,
                "timeout": 2.0,
                "max_waiting": 40,
                **options,
            }
        )

    return make


@pytest.fixture
def local_fetcher(make_fetcher: MakeFetcher) -> Fetcher:
    return make_fetcher()


def fetch_error(fetcher: Fetcher, url: str) -> FetchError:
    """The error of a fetch that must fail."""
    with pytest.raises(FetchError) as caught:
        fetcher.get(url)
    return caught.value


def http_url(server: Server, path: str = "/jwks") -> str:
    return f"http://client.example:{server.port}{path}"
