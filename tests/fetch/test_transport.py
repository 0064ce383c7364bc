"""The transport of fetches: pinning, TLS, redirects, limits of size and time.

RFC 9728 section 7.7, RFC 9110, RFC 9525; OpenID Connect Core 6.2.
"""

from __future__ import annotations

import gzip
import socket
import ssl

import pytest

from pyramid_oauth.fetch import Fetcher, Reason
from tests.fetch.conftest import MakeFetcher, fetch_error, http_url
from tests.support.servers import Server, build_response


def https_url(server: Server, host: str = "client.example") -> str:
    return f"https://{host}:{server.port}/jwks"


def test_a_document_is_fetched(local_fetcher: Fetcher, http_server: Server) -> None:
    headers = {"Content-Type": "application/JSON; charset=utf-8"}
    http_server.respond_with(build_response(b'{"keys": []}', headers=headers))
    document = local_fetcher.get(
        http_url(http_server, "/jwks?v=1"), accept="application/jwk-set+json"
    )
    assert document.body == b'{"keys": []}'
    assert document.content_type == "application/json"
    assert document.url == http_url(http_server, "/jwks?v=1")
    head = http_server.requests[0].decode().lower()
    assert head.startswith("get /jwks?v=1 http/1.1\r\n")
    assert f"host: client.example:{http_server.port}\r\n" in head
    assert "accept: application/jwk-set+json\r\n" in head
    assert "accept-encoding: identity\r\n" in head


def test_tls_is_checked_against_the_name_not_the_pinned_address(
    local_fetcher: Fetcher, tls_server: Server
) -> None:
    assert local_fetcher.get(https_url(tls_server)).body == b"{}"
    assert tls_server.names == ["client.example"]


@pytest.mark.spec("RFC 9525", "6")
def test_a_certificate_for_another_name_is_refused(
    local_fetcher: Fetcher, tls_server: Server
) -> None:
    assert (
        fetch_error(local_fetcher, https_url(tls_server, "other.example")).reason
        is Reason.TLS
    )
    assert tls_server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(
    make_fetcher: MakeFetcher, tls_server: Server
) -> None:
    fetcher = make_fetcher(ssl_context=ssl.create_default_context())
    assert fetch_error(fetcher, https_url(tls_server)).reason is Reason.TLS


def test_an_ssl_context_without_verification_is_refused() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    with pytest.raises(ValueError, match="must verify"):
        Fetcher(ssl_context=context)


@pytest.mark.spec("RFC 9728", "7.7")
@pytest.mark.parametrize(
    "other_addresses",
    [[], ["1.1.1.1"], ["1.1.1.1", "2606:4700::1"]],
    ids=["alone", "one", "two"],
)
def test_one_private_address_among_several_is_refused(
    make_fetcher: MakeFetcher, http_server: Server, other_addresses: list[str]
) -> None:
    fetcher = make_fetcher(
        allow_private=False, resolver=lambda host, port: [*other_addresses, "127.0.0.1"]
    )
    assert fetch_error(fetcher, http_url(http_server)).reason is Reason.ADDRESS
    assert http_server.connections == 0


def test_a_host_name_is_resolved_once_per_fetch(
    make_fetcher: MakeFetcher, http_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    system = socket.getaddrinfo
    looked_up = []

    def spy(host: str, *rest: object, **options: object) -> object:
        looked_up.append(host)
        return system(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    fetcher = make_fetcher(resolver=lambda host, port: next(answers))
    assert fetcher.get(http_url(http_server)).body == b"{}"
    assert next(answers) == ["127.0.0.2"]
    assert set(looked_up) <= {"127.0.0.1"}


def test_the_next_address_is_tried_when_one_is_unreachable(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    fetcher = make_fetcher(resolver=lambda host, port: ["127.0.0.9", "127.0.0.1"])
    assert fetcher.get(http_url(http_server)).body == b"{}"


@pytest.mark.parametrize("answers", [[], None])
def test_an_unknown_host_name_is_refused(
    make_fetcher: MakeFetcher, answers: list[str] | None
) -> None:
    def resolver(host: str, port: int) -> list[str]:
        if answers is None:
            raise socket.gaierror
        return answers

    fetcher = make_fetcher(resolver=resolver)
    assert fetch_error(fetcher, "https://client.example/").reason is Reason.UNRESOLVED


@pytest.mark.parametrize("text", ["nonsense", "fe80::1%1"])
def test_a_malformed_resolved_address_is_refused(
    make_fetcher: MakeFetcher, text: str
) -> None:
    fetcher = make_fetcher(resolver=lambda host, port: [text])
    assert fetch_error(fetcher, "https://client.example/").reason is Reason.ADDRESS


@pytest.mark.parametrize(
    "status", ["201 Created", "204 No Content", "301 Moved", "302 Found", "304 Same",
               "307 Again", "404 Gone", "500 Oops"],
)  # fmt: skip
def test_only_200_is_accepted_and_no_redirect_is_followed(
    local_fetcher: Fetcher, http_server: Server, status: str
) -> None:
    body = b"" if status[:3] in ("204", "304") else b"{}"
    http_server.respond_with(
        build_response(body, status, {"Location": http_url(http_server, "/elsewhere")})
    )
    error = fetch_error(local_fetcher, http_url(http_server))
    assert (error.reason, error.status) == (Reason.STATUS, int(status[:3]))
    assert len(http_server.requests) == 1


def test_a_body_at_the_limit_is_accepted(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    http_server.respond_with(build_response(b"x" * 1000))
    assert len(make_fetcher(max_bytes=1000).get(http_url(http_server)).body) == 1000


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_body_over_the_limit_is_refused(
    make_fetcher: MakeFetcher, http_server: Server, framing: str
) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    body = b"x" * 1001
    http_server.respond_with(
        {
            "length": build_response(body),
            "chunked": head
            + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n"
            + body
            + b"\r\n0\r\n\r\n",
            "close": head + b"\r\n" + body,
        }[framing]
    )
    fetcher = make_fetcher(max_bytes=1000)
    assert fetch_error(fetcher, http_url(http_server)).reason is Reason.SIZE


def test_reading_an_endless_body_stops_at_the_limit(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    http_server.send_slowly(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, pause=0)
    assert fetch_error(local_fetcher, http_url(http_server)).reason is Reason.SIZE


def test_a_compressed_body_is_refused(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    http_server.respond_with(build_response(bomb, headers={"Content-Encoding": "gzip"}))
    assert fetch_error(local_fetcher, http_url(http_server)).reason is Reason.ENCODING


def test_an_ip_address_as_host_is_not_resolved(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    fetcher = make_fetcher(resolver=lambda host, port: [])
    assert fetcher.get(f"http://127.0.0.1:{http_server.port}/").body == b"{}"
    assert f"Host: 127.0.0.1:{http_server.port}\r\n".encode() in http_server.requests[0]


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n{}",
    ],
    ids=["empty", "ssh", "short-body", "long-length", "gzip-framing", "long-header"],
)
def test_malformed_http_is_refused(
    local_fetcher: Fetcher, http_server: Server, reply: bytes
) -> None:
    http_server.respond_with(reply)
    assert fetch_error(local_fetcher, http_url(http_server)).reason is Reason.PROTOCOL


def test_a_refused_connection_is_an_error(local_fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = fetch_error(local_fetcher, f"http://client.example:{port}/")
    assert error.reason is Reason.CONNECT


def test_proxy_settings_of_the_environment_are_not_used(
    local_fetcher: Fetcher, http_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert local_fetcher.get(http_url(http_server)).body == b"{}"


def test_cookies_are_not_sent_back(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    http_server.respond_with(build_response(headers={"Set-Cookie": "a=b; Path=/"}))
    fetcher = make_fetcher()
    fetcher.get(http_url(http_server, "/one"))
    fetcher.get(http_url(http_server, "/two"))
    assert b"cookie" not in http_server.requests[1].lower()
