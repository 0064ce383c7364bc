"""Real servers on the loopback interface that receive our outbound requests.

Each answers as the test sets it (RFC 9112 on the wire, optionally over TLS).
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable

Handler = Callable[[socket.socket, bytes], None]


def build_response(
    body: bytes = b"{}", status: str = "200 OK", headers: dict[str, str] | None = None
) -> bytes:
    """A whole HTTP/1.1 answer with its length given."""
    fields = {"Content-Type": "application/json", **(headers or {})}
    fields.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def receive_request(peer: socket.socket) -> bytes:
    """One request, head and body; nothing if the peer left."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = peer.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


class Server:
    """Listens on an address of this machine and records the requests it receives."""

    def __init__(
        self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.forget()
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda sock, name, ctx: self.names.append(name)
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        threading.Thread(target=self._run, daemon=True).start()

    def forget(self) -> None:
        """Forget the requests, and how a test answers them."""
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.connections = 0
        self.handler: Handler = lambda peer, request: peer.sendall(build_response())
        self.receive: Callable[[socket.socket], bytes] = receive_request

    @property
    def is_listening(self) -> bool:
        """Whether no test has closed it."""
        return self._listener.fileno() >= 0

    def respond_with(self, reply: bytes) -> None:
        """Answer everything with `reply` from now on."""
        self.handler = lambda peer, request: peer.sendall(reply)

    def send_slowly(self, opening: bytes, drop: bytes, pause: float = 0.05) -> None:
        """Send `opening`, then `drop` for ever with pauses."""

        def drip(peer: socket.socket, request: bytes) -> None:
            peer.sendall(opening)
            while True:
                peer.sendall(drop)
                time.sleep(pause)

        self.handler = drip

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        try:
            if self._tls is not None:
                peer = self._tls.wrap_socket(peer, server_side=True)
            with peer:
                request = self.receive(peer)
                if not request:
                    return
                self.requests.append(request)
                self.handler(peer, request)
        except OSError:
            return
        finally:
            peer.close()
