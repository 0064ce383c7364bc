"""The protocol engine: oauthlib's endpoints, grants and validator (RFC 6749)."""

from __future__ import annotations

from pyramid_oauth.interfaces.configurator import Configurator


def includeme(config: Configurator) -> None:
    """Register the validator, the grants and the verifier of access tokens."""
    config.include("pyramid_oauth.protocol.oauthlib_logging")
    config.include("pyramid_oauth.protocol.validator")
    config.include("pyramid_oauth.protocol.issuance")
    config.include("pyramid_oauth.protocol.sender_constraint")
    config.include("pyramid_oauth.protocol.grants")
    config.include("pyramid_oauth.protocol.access_tokens")
