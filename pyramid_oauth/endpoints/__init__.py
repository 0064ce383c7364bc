"""The endpoints of RFC 6749 and 8414: a module each, with node, view and includeme."""

from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    """Include the endpoints, and the answer to paths that are no text."""
    config.include("pyramid_oauth.endpoints.invalid_path")
    config.include("pyramid_oauth.endpoints.authorize")
    config.include("pyramid_oauth.endpoints.token")
    config.include("pyramid_oauth.endpoints.metadata")
