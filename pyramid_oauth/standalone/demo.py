"""`pyramid-oauth init`: loads the demo data through a request of the application."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.standalone.demo_data import load as load_into


def load(request: Any) -> dict[str, str]:
    """Add what is missing; returns the new client secrets by client id, this once."""
    oauth = request.oauth
    scopes = oauth.server.scopes.published()
    return load_into(oauth.session, oauth.models, oauth.settings, scopes)
