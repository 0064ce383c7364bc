"""The endpoints: one module each, with its node, its view and its `includeme`."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.settings import SETTINGS

ENDPOINTS = (
    "endpoints.authorize",
    "endpoints.token",
    "extensions.revocation",
    "extensions.introspection",
    "extensions.issuer_identification",
    "extensions.form_post",
    "endpoints.metadata",
)

OPENID = (
    "extensions.openid.jwks",
    "extensions.openid.userinfo",
    "extensions.request_objects",
    "extensions.logout",
    "extensions.session_management",
    "extensions.login_initiation",
)
"""Those of an OpenID Provider; not in the tree where `openid` is off."""


def includeme(config: Any) -> None:
    """Include every endpoint that the settings ask for."""
    config.include("pyramid_oauth.endpoints.invalid_path")
    settings = config.registry[SETTINGS]
    for name in (*ENDPOINTS, *(OPENID if settings.openid else ())):
        config.include(f"pyramid_oauth.{name}")
    if settings.registration != "off":
        config.include("pyramid_oauth.extensions.registration")
