"""Documents of an issuer: its metadata, found and checked, and its keys.

RFC 8414 section 3, OpenID Connect Discovery 4. Metadata that names another issuer is
not used (RFC 8414 section 3.3).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.fetch import Document, Fetcher, FetchError
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.jose.json import json_object
from pyramid_oauth.resource.verify.errors import VerifierUnavailable

BACKOFF = 5
"""Seconds for which an issuer that failed is not asked again."""

REFETCH = 30
"""Seconds between fetches because of unknown keys."""

WAITING = 1000
"""Threads that may wait for one fetch: each has a token of this issuer."""

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))

_SERVER_ERROR = 500


def check_issuer(issuer: str, *, allow_http: bool) -> None:
    """Raise ValueError unless `issuer` is an issuer identifier (RFC 8414 section 2).

    Plain http is for development: on this machine, or where the caller allows it.
    """
    parts = urlsplit(issuer)
    schemes = ("https", "http") if allow_http or is_local(issuer) else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"the issuer {issuer!r} is not an https URL")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("the issuer has a query, a fragment or a user name")


def is_local(url: str) -> bool:
    """Whether the host of `url` is this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def origin(url: str) -> str:
    """Return scheme and authority of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_url(text: str) -> bool:
    """Whether a text of other people can be split, which may fail (`https://[`)."""
    try:
        return urlsplit(text).hostname is not None
    except ValueError:
        return False


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Return the URLs at which the metadata may be, the specified ones first."""
    base, path = origin(issuer), urlsplit(issuer).path.rstrip("/")
    urls = (
        f"{base}/.well-known/oauth-authorization-server{path}",
        f"{base}{path}/.well-known/openid-configuration",
        f"{base}/.well-known/openid-configuration{path}",
        f"{base}{path}/.well-known/oauth-authorization-server",
    )
    return tuple(dict.fromkeys(urls))


class IssuerDocuments:
    """Fetches the metadata and the keys of one issuer, within bounds. Thread-safe.

    URLs of the host that the operator names may have a private address. Those of
    other hosts, which the issuer names, must have a public one.

    Args:
        issuer: The issuer identifier.
        timeout: Seconds of a request as a whole.
        allow_http: Accept an issuer on plain http, in development.
        ssl_context: Default: one with the trusted roots of the system.

    Raises:
        ValueError: `issuer` is not an issuer identifier.
    """

    def __init__(
        self,
        issuer: str,
        *,
        timeout: float,
        allow_http: bool = False,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        check_issuer(issuer, allow_http=allow_http)
        self.issuer = issuer
        self._host = urlsplit(issuer).hostname
        own, other = (
            Fetcher(
                allow_http=urlsplit(issuer).scheme == "http",
                allow_private=is_own,
                timeout=timeout,
                max_bytes=262144,
                cache_max_entries=16,
                max_age=3600,
                failure_backoff=BACKOFF,
                refetch_interval=REFETCH,
                max_waiting=WAITING,
                ssl_context=ssl_context,
            )
            for is_own in (True, False)
        )
        self._own, self._other = own, other
        self._known: dict[str, Any] = {}

    def get(
        self, url: str, *, is_named: bool = False, fresh_after: datetime | None = None
    ) -> Document:
        """Return the document at `url`.

        Args:
            url: Its URL.
            is_named: Whether the operator named the URL, not the issuer.
            fresh_after: See `Fetcher.get`.

        Raises:
            FetchError: The request failed.
        """
        return self._fetcher(url, is_named).get(url, fresh_after=fresh_after)

    def last_failure(self, url: str, *, is_named: bool = False) -> FetchError | None:
        """Return why the last fetch of `url` failed, if it did; see `get`."""
        return self._fetcher(url, is_named).last_failure(url)

    def _fetcher(self, url: str, is_named: bool) -> Fetcher:
        is_own = is_named or urlsplit(url).hostname == self._host
        return self._own if is_own else self._other

    def endpoint(self, name: str, *, is_alias: bool = False) -> str:
        """Return a URL of the metadata, such as `jwks_uri`.

        Args:
            name: The member.
            is_alias: Whether the URL for clients with certificates is preferred, if
                there is one (RFC 8705 section 5).

        Raises:
            VerifierUnavailable: There is no metadata, or not this member.
        """
        members = self._metadata()
        aliases = members.get("mtls_endpoint_aliases") if is_alias else None
        if isinstance(aliases, dict):
            members = {**members, **aliases}
        url = members.get(name)
        if not isinstance(url, str) or not _is_url(url):
            raise VerifierUnavailable(f"the metadata of {self.issuer} has no {name}")
        return url

    def _metadata(self) -> Mapping[str, Any]:
        """Return the metadata; during an outage, what it was."""
        for url in metadata_urls(self.issuer):
            try:
                members = json_object(self.get(url).body)
            except FetchError as error:
                if (error.status or _SERVER_ERROR) < _SERVER_ERROR:
                    continue
                if self._known:
                    break
                raise VerifierUnavailable(
                    f"no metadata of {self.issuer}: {error.reason}", retry_after=BACKOFF
                ) from error
            except KeysError:
                continue
            if members.get("issuer") == self.issuer:
                self._known = members
                return members
        if not self._known:
            raise VerifierUnavailable(f"no metadata names the issuer {self.issuer}")
        return self._known
