"""TLS on the loopback interface: the provider's proxy and the suite's own server.

The proxy does what nginx does before the server: it ends TLS and passes on the rest.
"""

from __future__ import annotations

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

SUITE = "suite.example"


def create_tls_context(authority):
    """A server's TLS context for the names that are used here."""
    tls_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", SUITE).configure_cert(tls_context)
    return tls_context


class Proxy:
    """Ends TLS on a port of its own and passes the bytes on to the port `target`."""

    # It adds no headers.
    server = ("url_scheme = https",)
    variables: ClassVar[dict[str, str]] = {}

    def __init__(self, authority, target):
        self._tls = create_tls_context(authority)
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        try:
            with (
                self._tls.wrap_socket(peer, server_side=True) as outer,
                socket.create_connection(("127.0.0.1", self._target)) as inner,
            ):
                back = threading.Thread(target=_copy, args=(inner, outer), daemon=True)
                back.start()
                _copy(outer, inner)
                back.join(5)
        except OSError:
            return


def _copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


class Listener:
    """The suite's own pages: callbacks, and whatever a module publishes.

    `pages` maps a path to (content type, body); every request is kept.
    """

    def __init__(self, tls):
        self.pages = {}
        self.requests = []
        self.arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _RequestRecorder)
        self._server.listener = self
        self._server.daemon_threads = True
        self._server.socket = tls.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.origin = f"https://{SUITE}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, path, seconds=15):
        """The next request to `path`, which may have come already."""

        def find_requests():
            return [request for request in self.requests if request["path"] == path]

        with self.arrived:
            assert self.arrived.wait_for(find_requests, seconds), (
                f"no request to {path}"
            )
            return find_requests()[-1]


class _RequestRecorder(BaseHTTPRequestHandler):
    """Stores each request at the listener and sends the page of its path."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (OSError, ssl.SSLError):
            self.close_connection = True

    def do_GET(self):
        self._respond({})

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self._respond(dict(parse_qsl(self.rfile.read(length).decode())))

    def _respond(self, form):
        listener = self.server.listener
        parts = urlsplit(self.path)
        page = ("text/html", "<p id=submission_complete>Received.</p>")
        kind, body = listener.pages.get(parts.path, page)
        with listener.arrived:
            listener.requests.append(
                {
                    "method": self.command,
                    "path": parts.path,
                    "query": dict(parse_qsl(parts.query)),
                    "form": form,
                    "type": self.headers.get("Content-Type"),
                }
            )
            listener.arrived.notify_all()
        data = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass
