"""Failed log-ins are counted in the database, since several processes serve one page.

NIST SP 800-63B section 3.2.2. Counted are one name from one address, against guessing;
an address, against one password tried on many names; and a name, against many addresses
that guess at one. The last two lock nobody out of a browser in which that person logged
in before.
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
"""No visitor's address: a proxy here which does not say whom it speaks for."""

Limits = Mapping[str, int]
"""How many failures there may be under a key."""


def of_login(request: Any, name: str) -> Limits:
    """The limits of a log-in as `name`."""
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
    """The limit of signing up."""
    options: StandaloneSettings = request.registry["standalone.options"]
    return {_together(request, "sign up"): options.login_attempts}


def _together(request: Any, name: str) -> str:
    return sha256_digest(f"{name}\n{client_address(request.remote_addr)}")


def seconds_to_wait(session: Session, limits: Limits) -> int:
    """How long the next attempt has to wait; 0 where it is welcome."""
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
    # In one order everywhere: two requests shall not wait for each other's rows.
    rows = [
        {"key": key, "failures": 1, "expires_at": expires_at} for key in sorted(keys)
    ]
    counted = insert.values(rows).on_conflict_do_update(
        index_elements=[LoginFailures.key],
        set_={"failures": LoginFailures.failures + 1},
    )
    session.execute(counted)


def reset(request: Any, session: Session, name: str) -> None:
    """Start anew for this name from this address, after a log-in that succeeded.

    The address keeps its count: whoever guesses has an account as well.
    """
    key = _together(request, name)
    session.execute(delete(LoginFailures).where(LoginFailures.key == key))
