"""Profiles: named bundles of defaults; a setting takes precedence over its profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROFILES: Mapping[str, Mapping[str, Any]] = {
    "oauth2.1": {},
    "legacy": {
        "grant_types": (
            "authorization_code",
            "implicit",
            "password",
            "client_credentials",
            "refresh_token",
        ),
        "response_types": ("code", "token"),
        "pkce_required": False,
    },
}
