"""Mutual TLS (RFC 8705) at the authorization server.

Clients authenticate by a certificate, and tokens are bound to one; a stolen token is of
no use. `pyramid_oauth.resource.mtls` has the checks of bound tokens.
"""

from __future__ import annotations

from pyramid_oauth.extensions.mtls.client_metadata import FIELDS, validate_certificates
from pyramid_oauth.extensions.mtls.metadata import metadata
from pyramid_oauth.extensions.mtls.methods import SelfSignedTLSClientAuth, TLSClientAuth
from pyramid_oauth.extensions.mtls.settings import CHECKS, MTLSServerSettings
from pyramid_oauth.extensions.mtls.token_binding import CertificateBinding
from pyramid_oauth.interfaces.configurator import Configurator


def includeme(config: Configurator) -> None:
    """Register both methods, bind tokens, and publish the aliases."""
    config.include("pyramid_oauth.resource.mtls")
    settings = config.add_oauth_settings(MTLSServerSettings)
    config.add_oauth_check(*CHECKS)
    config.add_oauth_client_auth(TLSClientAuth(settings.mtls_verified_by))
    config.add_oauth_client_auth(SelfSignedTLSClientAuth())
    config.add_oauth_client_metadata(*FIELDS, validate=validate_certificates)
    config.add_oauth_token_step("mtls", CertificateBinding)
    config.add_oauth_metadata("mtls", metadata)
