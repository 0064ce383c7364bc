"""The client certificate of a request, from a source that is believed (RFC 8705)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.mtls.settings import ClientCertificateSettings, Network
from pyramid_oauth.resource.mtls.sources import Source
from pyramid_oauth.resource.verify.certificates import (
    ClientCertificate,
    MalformedCertificate,
    is_bound_to,
)

READER = "pyramid_oauth.client_certificates"
"""Registry key of the `CertificateReader`."""

SECRET_KEY = "HTTP_X_MTLS_PROXY_SECRET"

_READ = "_pyramid_oauth_client_certificate"
"""The attribute of a request with the certificate that was read, and its source."""

_Found = tuple[ClientCertificate | None, Source | None]


class CertificateReader:
    """Reads the certificate as the settings say."""

    def __init__(self, settings: ClientCertificateSettings) -> None:
        self._sources = settings.mtls_certificate_sources
        self._networks = settings.mtls_trusted_proxies
        self._secrets = settings.mtls_proxy_secret

    def read(self, request: Request) -> ClientCertificate | None:
        """Return the certificate of the connection of the client; None without one.

        Raises:
            MalformedCertificate: What the source has is no certificate.
        """
        return self._read(request)[0]

    def source(self, request: Request) -> Source | None:
        """Return the source that has the certificate; None without one.

        Raises:
            MalformedCertificate: What the source has is no certificate.
        """
        return self._read(request)[1]

    def _read(self, request: Request) -> _Found:
        attributes = request.__dict__
        if _READ not in attributes:
            attributes[_READ] = self._find(request.environ)
        found: _Found = attributes[_READ]
        return found

    def _find(self, environ: Mapping[str, Any]) -> _Found:
        for source in self._sources:
            if source.is_header and (
                source.key not in environ or not self.trusts(environ)
            ):
                continue
            found = source.read(environ)
            if found is not None:
                return found, source
        return None, None

    def trusts(self, environ: Mapping[str, Any]) -> bool:
        """Whether a proxy that is believed has sent the request."""
        if not (self._networks or self._secrets):
            return False
        if self._networks and not _is_within(environ, self._networks):
            return False
        if not self._secrets:
            return True
        sent = environ.get(SECRET_KEY, "").encode("latin-1", "replace")
        return any(hmac.compare_digest(sent, secret) for secret in self._secrets)


def _is_within(environ: Mapping[str, Any], networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:  # a Unix socket
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def is_certificate_presented(request: Request, thumbprint: object) -> bool:
    """Whether the request came with the certificate of the thumbprint (section 3)."""
    reader: CertificateReader = request.registry[READER]
    try:
        return is_bound_to(thumbprint, reader.read(request))
    except MalformedCertificate:
        return False
