"""Endpoints of RFC 6749 and RFC 8414; each module has node, view and includeme."""

from __future__ import annotations

from pyramid_oauth.interfaces.configurator import Configurator


def includeme(config: Configurator) -> None:
    """Include the endpoints, and the error view for malformed paths."""
    config.include("pyramid_oauth.endpoints.invalid_path")
    config.include("pyramid_oauth.endpoints.authorize")
    config.include("pyramid_oauth.endpoints.token")
    config.include("pyramid_oauth.endpoints.metadata")
