"""How long things live: the application's word, the grant type's, the server's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pyramid_oauth.clock import now
from pyramid_oauth.converters import Lifetime
from pyramid_oauth.settings import Settings


def in_seconds(lifetime: Lifetime, request: Any) -> int:
    """`lifetime` as a number; a callable is asked with the Pyramid request."""
    return lifetime(request) if callable(lifetime) else lifetime


def from_now(seconds: int) -> datetime:
    """The moment `seconds` from now."""
    return now() + timedelta(seconds=seconds)


def access_token(
    settings: Settings, application: Any, grant_type: str, request: Any
) -> int:
    """Seconds for which an access token of this grant lives."""
    if application.access_token_lifetime is not None:
        return int(application.access_token_lifetime)
    by_grant = settings.grant_access_token_lifetimes.get(grant_type)
    return in_seconds(by_grant or settings.access_token_lifetime, request)


def refresh_token_idle(settings: Settings, application: Any, request: Any) -> int:
    """Seconds for which an unused refresh token lives."""
    own = application.refresh_token_idle_lifetime
    return own or in_seconds(settings.refresh_token_idle_lifetime, request)


def refresh_token_absolute(settings: Settings, application: Any, request: Any) -> int:
    """Seconds after which a refresh token is dead however often it was used."""
    own = application.refresh_token_absolute_lifetime
    return own or in_seconds(settings.refresh_token_absolute_lifetime, request)
