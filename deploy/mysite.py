"""The WSGI application that granian serves, from `production.ini` beside it."""

from __future__ import annotations

from typing import Any

from granian.utils.proxies import wrap_wsgi_with_proxy_headers
from pyramid.paster import get_app, setup_logging


def application() -> Any:
    """Return the application; the proxy on this machine reports the client."""
    setup_logging("production.ini")
    app = get_app("production.ini")
    return wrap_wsgi_with_proxy_headers(app, trusted_hosts="127.0.0.1")
