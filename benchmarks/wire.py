"""HTTP/1.1 with keep-alive on a plain socket, as lean as Python allows.

RFC 9112 sections 6 and 9: framing by Content-Length or chunks.
"""

from __future__ import annotations

import re
import socket

from benchmarks.message import Answer, Exchange, Request

Address = tuple[str, int]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


def encode(request: Request, address: Address) -> bytes:
    """Serialize a request for the wire."""
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines.append(f"Host: {address[0]}:{address[1]}")
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body or request.method == "POST":
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


def complete(data: bytes) -> int | None:
    """Return where the body starts once the whole answer has arrived."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    if length := _LENGTH.search(data, 0, end + 2):
        return end + 4 if len(data) >= end + 4 + int(length[1]) else None
    if _CHUNKED.search(data, 0, end + 2):
        return end + 4 if data.endswith(b"0\r\n\r\n") else None
    return end + 4


def closes(data: bytes) -> bool:
    """Say whether the server will close the connection after this answer."""
    return bool(_CLOSE.search(data, 0, data.find(b"\r\n\r\n") + 2))


def decode(data: bytes, start: int) -> Answer:
    """Turn the bytes of an answer into its parts."""
    head = data[: start - 4].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:])
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    return Answer(int(head[0][9:12]), headers, _body(data, start))


def _body(data: bytes, start: int) -> bytes:
    if not _CHUNKED.search(data, 0, start):
        return data[start:]
    body, position = b"", start
    while True:
        line = data.index(b"\r\n", position)
        size = int(data[position:line], 16)
        if not size:
            return body
        body += data[line + 2 : line + 2 + size]
        position = line + 2 + size + 2


def connect(address: Address) -> socket.socket:
    """Open a connection that sends small writes at once."""
    link = socket.create_connection(address, timeout=30)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def over_http(address: Address) -> Exchange:
    """Return an exchange that opens one connection per request."""

    def exchange(request: Request) -> Answer:
        with connect(address) as link:
            link.sendall(encode(request, address))
            data = b""
            while (start := complete(data)) is None:
                received = link.recv(65536)
                if not received:
                    raise ConnectionError("the server closed the connection early")
                data += received
        return decode(data, start)

    return exchange
