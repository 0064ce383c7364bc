"""Outbound HTTP requests to URLs from clients, protected against SSRF.

RFC 9728 section 7.7 (server-side request forgery), OpenID Connect Core 6.2 and 10.1:
`jwks_uri`, `request_uri`, `sector_identifier_uri` and logout URIs all come from
clients. The one `Fetcher` here connects to public addresses only.
"""

from __future__ import annotations

from pyramid_oauth.fetch.cache import Document
from pyramid_oauth.fetch.client import Fetcher
from pyramid_oauth.fetch.connections import Connections
from pyramid_oauth.fetch.dns_pinning import Resolver, system_resolver
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.url import Target

__all__ = [
    "Connections",
    "Document",
    "FetchError",
    "Fetcher",
    "Reason",
    "Resolver",
    "Target",
    "system_resolver",
]
