"""A host on a port of this machine, where an API elsewhere fetches its documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from wsgiref.simple_server import make_server

from webtest import TestApp

from tests.support.host import Host
from tests.support.wsgi import QuietHandler


@contextmanager
def serve_host(host: Host, port: int) -> Iterator[None]:
    """Serve a host whose issuer names the port; its browsers use that address too."""
    environ = {"wsgi.url_scheme": "http", "HTTP_HOST": f"127.0.0.1:{port}"}
    host.browser = lambda: TestApp(  # type: ignore[method-assign]
        host.wsgi, extra_environ=environ
    )
    server = make_server("127.0.0.1", port, host.wsgi, handler_class=QuietHandler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
