"""Connections to one server that are kept open, with a limit for each request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pyramid_oauth.fetch import Connections, FetchError, Reason
from tests.fetch.conftest import http_url
from tests.support.servers import build_response


class KeepAlive(BaseHTTPRequestHandler):
    """Answers with the form, and counts connections."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        self.server.connections += 1  # type: ignore[attr-defined]
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def keep_alive_server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), KeepAlive)
    server.connections = 0  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def connect(url: str, **options: Any) -> Connections:
    given = {"timeout": 1, "allow_http": True, **options}
    return Connections(url, resolver=lambda host, port: ["127.0.0.1"], **given)


def test_a_connection_is_used_again(keep_alive_server):
    connections = connect(f"http://client.example:{keep_alive_server.server_port}/")
    for number in range(3):
        answer = connections.post_form({"token": f"t{number}"}, {"X-Test": "1"})
        assert answer == f"token=t{number}".encode()
    assert keep_alive_server.connections == 1


def test_a_connection_that_the_server_closed_is_replaced(http_server):
    connections = connect(http_url(http_server))
    for _ in range(3):
        assert connections.post_form({"a": "b"}, {}) == b"{}"


def test_a_server_whose_certificate_is_not_trusted_gets_nothing(tls_server):
    url = f"https://client.example:{tls_server.port}/"
    with pytest.raises(FetchError) as caught:
        connect(url).post_form({"token": "t"}, {})
    assert caught.value.reason is Reason.TLS
    assert tls_server.requests == []


def test_a_server_of_an_authority_of_the_operator_is_asked(tls_server, trust):
    url = f"https://client.example:{tls_server.port}/"
    assert connect(url, ssl_context=trust).post_form({"token": "t"}, {}) == b"{}"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (build_response(status="500 Oh"), Reason.STATUS),
        (build_response(b"x" * 2000), Reason.SIZE),
        (build_response(headers={"Content-Encoding": "gzip"}), Reason.ENCODING),
        (b"nonsense\r\n\r\n", Reason.PROTOCOL),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error(http_server, reply, reason):
    http_server.respond_with(reply)
    with pytest.raises(FetchError) as caught:
        connect(http_url(http_server), max_bytes=1000).post_form({"a": "b"}, {})
    assert caught.value.reason is reason


def test_the_time_limit_holds_for_the_whole_request(http_server):
    http_server.send_slowly(b"HTTP/1.1 200 OK\r\nX: ", b"y")
    with pytest.raises(FetchError) as caught:
        connect(http_url(http_server), timeout=0.3).post_form({"a": "b"}, {})
    assert caught.value.reason is Reason.TIMEOUT
