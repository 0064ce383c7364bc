"""The endpoints: one module each, with its node, its view and its `includeme`."""

from __future__ import annotations

from typing import Any

ENDPOINTS = ("authorize", "token", "revoke", "introspect", "metadata")


def includeme(config: Any) -> None:
    """Include every endpoint."""
    for name in ENDPOINTS:
        config.include(f"pyramid_oauth.endpoints.{name}")
