"""Rate limits of failed logins, counted in the database (NIST SP 800-63B 3.2.2).

There are three limits: one name from one address; all names from one address, against
password spraying; one name from all addresses, against distributed guessing. The last
two do not apply in a browser in which the user has logged in before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.repositories.rate_limits import client_address
from pyramid_oauth.standalone.accounts import trusted_browsers
from pyramid_oauth.standalone.models import LoginFailures
from pyramid_oauth.standalone.settings import StandaloneSettings

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

PROXIES = frozenset({"", "127.0.0.1", client_address("::1")})
"""Addresses of a local proxy that does not forward the client address."""

Limits = Mapping[str, int]
"""The permitted number of failures by key."""


def of_login(request: Any, name: str) -> Limits:
    """Return the limits of a login as `name`."""
    options: StandaloneSettings = request.registry["standalone.options"]
    limits = {_together(request, name): options.login_attempts}
    if trusted_browsers.is_trusted(request, name):
        return limits
    limits[sha256_digest(f"as\n{name}")] = options.name_attempts
    source = client_address(request.remote_addr)
    if source not in PROXIES:
        limits[sha256_digest(f"from\n{source}")] = options.address_attempts
    return limits


def of_sign_up(request: Any) -> Limits:
    """Return the limit of signing up."""
    options: StandaloneSettings = request.registry["standalone.options"]
    return {_together(request, "sign up"): options.login_attempts}


def _together(request: Any, name: str) -> str:
    return sha256_digest(f"{name}\n{client_address(request.remote_addr)}")


def seconds_to_wait(session: Session, limits: Limits) -> int:
    """Return the seconds until the next attempt is permitted; 0 for now."""
    rows = session.scalars(select(LoginFailures).where(LoginFailures.key.in_(limits)))
    over = [row.expires_at for row in rows if row.failures >= limits[row.key]]
    if not over:
        return 0
    return max(0, int((max(over) - now()).total_seconds()) + 1)


def record_failure(session: Session, keys: Collection[str], window: int) -> None:
    """Count one more failure; the window begins with the first."""
    moment = now()
    session.execute(delete(LoginFailures).where(LoginFailures.expires_at <= moment))
    insert = _INSERT[session.get_bind().dialect.name](LoginFailures)
    expires_at = moment + timedelta(seconds=window)
    # Always in the same order, so that two requests cannot deadlock.
    rows = [
        {"key": key, "failures": 1, "expires_at": expires_at} for key in sorted(keys)
    ]
    counted = insert.values(rows).on_conflict_do_update(
        index_elements=[LoginFailures.key],
        set_={"failures": LoginFailures.failures + 1},
    )
    session.execute(counted)


def reset(request: Any, session: Session, name: str) -> None:
    """Reset the count of this name from this address after a successful login.

    The count of the address stays, because an attacker may have an account too.
    """
    key = _together(request, name)
    session.execute(delete(LoginFailures).where(LoginFailures.key == key))
