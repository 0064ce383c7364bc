"""Lifetimes of tokens: by application, else by grant type, else by server.

RFC 6749 sections 4.2.2 and 5.1 (`expires_in`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.models.application import AbstractApplication
from pyramid_oauth.settings import Settings
from pyramid_oauth.settings.converters import Lifetime, seconds

_IDLE = "refresh_token_idle_lifetime"

_ABSOLUTE = "refresh_token_absolute_lifetime"


class RefreshTokenLifetimes(NamedTuple):
    """Expiry of an unused refresh token, and of its whole token family."""

    idle: datetime
    absolute: datetime


def in_seconds(lifetime: Lifetime | timedelta, request: Request) -> int:
    """Return `lifetime` in seconds.

    Args:
        lifetime: Seconds, a timedelta, or a callable of the Pyramid request that
            returns one of them.
        request: The Pyramid request.

    Raises:
        ValueError: The callable returns neither seconds nor a timedelta.
    """
    if isinstance(lifetime, int):
        return lifetime
    return seconds(lifetime(request) if callable(lifetime) else lifetime)


def access_token(
    settings: Settings,
    application: AbstractApplication,
    grant_type: str,
    request: Request,
) -> int:
    """Return the lifetime in seconds of an access token of this grant type."""
    by_grant = settings.grant_access_token_lifetimes.get(grant_type)
    others = by_grant or settings.access_token_lifetime
    return _chosen(application, "access_token_lifetime", others, request)


def refresh_token(
    settings: Settings,
    application: AbstractApplication,
    request: Request,
    moment: datetime,
) -> RefreshTokenLifetimes:
    """Return when a refresh token expires that is issued at `moment`."""
    idle = idle_refresh_token(settings, application, request, moment)
    absolute = _chosen(application, _ABSOLUTE, getattr(settings, _ABSOLUTE), request)
    return RefreshTokenLifetimes(idle, moment + timedelta(seconds=absolute))


def idle_refresh_token(
    settings: Settings,
    application: AbstractApplication,
    request: Request,
    moment: datetime,
) -> datetime:
    """Return when a refresh token expires that is issued or rotated at `moment`."""
    idle = _chosen(application, _IDLE, getattr(settings, _IDLE), request)
    return moment + timedelta(seconds=idle)


def _chosen(
    application: AbstractApplication, name: str, others: Lifetime, request: Request
) -> int:
    if type(application).lifetime is AbstractApplication.lifetime:
        own = getattr(application, name)  # not overridden: no call for each lifetime
    else:
        own = application.lifetime(name, request)
    lifetime = others if own is None else own
    return lifetime if isinstance(lifetime, int) else in_seconds(lifetime, request)
