"""How long things live: the application's word, the grant type's, the server's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyramid_oauth.clock import now
from pyramid_oauth.settings import Settings
from pyramid_oauth.settings.converters import Lifetime, seconds

_IDLE = "refresh_token_idle_lifetime"

_ABSOLUTE = "refresh_token_absolute_lifetime"


@dataclass(frozen=True, slots=True)
class RefreshTokenLifetimes:
    """Until when an unused refresh token lives, and until when any of its lineage."""

    idle: datetime
    absolute: datetime


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


def refresh_token(
    settings: Settings, application: Any, request: Any, moment: datetime
) -> RefreshTokenLifetimes:
    """Until when a refresh token lives that is issued or rotated at `moment`."""
    idle = _chosen(application, _IDLE, getattr(settings, _IDLE), request)
    absolute = _chosen(application, _ABSOLUTE, getattr(settings, _ABSOLUTE), request)
    return RefreshTokenLifetimes(
        moment + timedelta(seconds=idle), moment + timedelta(seconds=absolute)
    )


def _chosen(application: Any, name: str, others: Lifetime, request: Any) -> int:
    own = application.lifetime(name, request)
    return in_seconds(others if own is None else own, request)
