"""Requests as hostile clients send them, which WebTest would refuse to make."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

FORM = "application/x-www-form-urlencoded"


def status_of(
    app: Callable[..., Iterable[bytes]],
    path: str,
    *,
    host: str = "as.example",
    method: str = "GET",
    body: bytes = b"",
    **environ: Any,
) -> int:
    """The status of the answer to a request with this WSGI `environ`."""
    statuses: list[str] = []
    full_environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": FORM if body else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **environ,
    }
    answer = app(full_environ, lambda status, headers, _=None: statuses.append(status))
    b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return int(statuses[0][:3])


class QuietHandler(WSGIRequestHandler):
    """Handles requests of wsgiref's server without logging them."""

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""
