"""Outbound requests to addresses that strangers name, without being led astray.

OpenID Connect Core 6.2 and 10.1, RFC 9728 section 7.7 (request forgery by the server):
`jwks_uri`, `request_uri`, `sector_identifier_uri` and logout URIs all come from
clients, so the one `Fetcher` here never reaches where only this server could.
"""

from __future__ import annotations

from pyramid_oauth.fetch.cache import Document
from pyramid_oauth.fetch.client import Fetcher
from pyramid_oauth.fetch.dns_pinning import Resolver, system_resolver
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.url import Target

__all__ = [
    "Document",
    "FetchError",
    "Fetcher",
    "Reason",
    "Resolver",
    "Target",
    "system_resolver",
]
