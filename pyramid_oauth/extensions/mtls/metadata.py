"""Members of the server's metadata (RFC 8705 sections 3.3 and 5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.extensions.mtls.settings import MTLSServerSettings
from pyramid_oauth.resource.mtls import CERTIFICATE_BOUND
from pyramid_oauth.server import Server

OF_BROWSERS = frozenset({"authorization_endpoint", "end_session_endpoint"})
"""The endpoints that the browser of the user visits, not the client."""


def metadata(server: Server) -> dict[str, Any]:
    """Return what clients with certificates need to know."""
    return {
        CERTIFICATE_BOUND: True,
        "mtls_endpoint_aliases": _aliases(server) or None,
    }


def _aliases(server: Server) -> dict[str, str]:
    base = server.settings[MTLSServerSettings].mtls_url
    if base is None:
        return {}
    return {
        each.metadata: base + urlsplit(server.url(each.name)).path
        for each in server.endpoints.values()
        if each.metadata
        and each.metadata.endswith("_endpoint")
        and each.metadata not in OF_BROWSERS
    }
