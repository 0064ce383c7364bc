"""Certificate-bound access tokens at resource servers (RFC 8705 section 3).

`config.include("pyramid_oauth.resource.mtls")` in a process without the authorization
server; with it, include the extension `mtls`, which includes this.
"""

from __future__ import annotations

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.mtls.certificates import (
    READER,
    CertificateReader,
    is_certificate_presented,
)
from pyramid_oauth.resource.mtls.settings import CHECKS, ClientCertificateSettings
from pyramid_oauth.resource.verify.certificates import MEMBER

__all__ = ["CertificateReader", "ClientCertificateSettings", "includeme"]

CERTIFICATE_BOUND = "tls_client_certificate_bound_access_tokens"
"""The member of every metadata: of servers, clients and resources."""


def includeme(config: Configurator) -> None:
    """Check the certificate of requests with bound tokens."""
    settings: ClientCertificateSettings = config.add_oauth_settings(
        ClientCertificateSettings
    )
    config.add_oauth_check(*CHECKS)
    config.registry[READER] = CertificateReader(settings)
    config.add_oauth_confirmation(MEMBER, is_certificate_presented)
    config.add_oauth_resource_metadata("mtls", {CERTIFICATE_BOUND: True})
