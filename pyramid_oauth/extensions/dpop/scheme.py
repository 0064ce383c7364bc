"""The scheme `DPoP` at an authorization server, which knows its own URLs (RFC 9449)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.jose.dpop import Url, normalize_url
from pyramid_oauth.resource.dpop import DPoP, DPoPSettings
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint

_ALIASES = "mtls_endpoint_aliases"
"""The member of the metadata with further URLs of endpoints (RFC 8705 section 5)."""


ENDPOINT_URLS = "pyramid_oauth.dpop_endpoint_urls"
"""Registry key of the `EndpointUrls`."""


class EndpointUrls:
    """The URLs of each endpoint, normalized at its first request."""

    def __init__(self) -> None:
        self._known: dict[str, Collection[Url]] = {}

    def find(self, server: Server, name: str) -> Collection[Url]:
        """Return the URLs at which clients reach an endpoint, its aliases included."""
        if name not in self._known:
            self._known[name] = frozenset(_endpoint_urls(server, name))
        return self._known[name]


class ServerDPoP(DPoP):
    """At our endpoints, proofs are for the URL that the metadata has."""

    def urls(self, request: ServerRequest) -> Collection[Url]:
        """Return the URLs of the endpoint, or of a view of the host."""
        context = getattr(request, "context", None)
        if isinstance(context, Endpoint) and context.__name__:
            known: EndpointUrls = request.registry[ENDPOINT_URLS]
            return known.find(request.oauth.server, context.__name__)
        return super().urls(request)


def _endpoint_urls(server: Server, name: str) -> set[Url]:
    url = server.url(name)
    path = urlsplit(url).path.encode()
    bases = server.settings[DPoPSettings].dpop_base_urls
    urls = {
        (scheme, host, port, base.rstrip(b"/") + path)
        for scheme, host, port, base in bases
    }
    aliases: dict[str, Any] = server.metadata.get(_ALIASES, {})
    member = server.endpoints[name].metadata
    for text in (url, aliases.get(member)):
        found = normalize_url(text) if text else None
        if found is not None:
            urls.add(found)
    return urls
