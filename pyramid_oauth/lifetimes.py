"""How long things live: the application's word, the grant type's, the server's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pyramid_oauth.clock import now
from pyramid_oauth.settings import Settings
from pyramid_oauth.settings.converters import Lifetime, seconds


def in_seconds(lifetime: Lifetime | timedelta, request: Any) -> int:
    """`lifetime` as a number; a callable is asked with the Pyramid request.

    Raises ValueError where the callable gives neither seconds nor a timedelta.
    """
    if isinstance(lifetime, int):
        return lifetime
    return seconds(lifetime(request) if callable(lifetime) else lifetime)


def from_now(lifetime: int) -> datetime:
    """The moment `lifetime` seconds from now."""
    return now() + timedelta(seconds=lifetime)


def access_token(
    settings: Settings, application: Any, grant_type: str, request: Any
) -> int:
    """Seconds for which an access token of this grant lives."""
    by_grant = settings.grant_access_token_lifetimes.get(grant_type)
    others = by_grant or settings.access_token_lifetime
    return _chosen(application, "access_token_lifetime", others, request)


def refresh_token_idle(settings: Settings, application: Any, request: Any) -> int:
    """Seconds for which an unused refresh token lives."""
    name = "refresh_token_idle_lifetime"
    return _chosen(application, name, getattr(settings, name), request)


def refresh_token_absolute(settings: Settings, application: Any, request: Any) -> int:
    """Seconds after which a refresh token is dead however often it was used."""
    name = "refresh_token_absolute_lifetime"
    return _chosen(application, name, getattr(settings, name), request)


def _chosen(application: Any, name: str, others: Lifetime, request: Any) -> int:
    own = application.lifetime(name, request)
    return in_seconds(others if own is None else own, request)
