"""`pyramid-oauth init`: loads the demo data through a request of the application."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.standalone.demo_data import load as load_into
from pyramid_oauth.standalone.options import Options


def is_wanted(request: Any) -> bool:
    """Whether this is a server for development: everybody knows the passwords."""
    options: Options = request.registry["standalone.options"]
    return options.development


def load(request: Any) -> dict[str, str]:
    """Add what is missing; returns the new client secrets by client id, this once."""
    oauth = request.oauth
    scopes = oauth.server.scopes.published()
    return load_into(oauth.session, oauth.models, oauth.settings, scopes)
