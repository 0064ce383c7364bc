"""An exchange that calls a WSGI application directly.

PEP 3333; what remains is the application's own cost, without a server.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from benchmarks.message import Answer, Exchange, Request


def environ(request: Request, host: str) -> dict[str, Any]:
    """Build the WSGI environment of a request."""
    path, _, query = request.target.partition("?")
    variables: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_PORT": host.partition(":")[2] or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        variables[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return variables


def over_wsgi(application: Any, host: str) -> Exchange:
    """Return an exchange over a WSGI application that believes to be at ``host``."""

    def exchange(request: Request) -> Answer:
        started: list[Any] = []

        def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
            started[:] = [status, headers]

        chunks = application(environ(request, host), start_response)
        body = b"".join(chunks)
        if close := getattr(chunks, "close", None):
            close()
        headers = tuple((name.lower(), value) for name, value in started[1])
        return Answer(int(started[0][:3]), headers, body)

    return exchange
