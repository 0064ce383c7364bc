"""Failed log-ins are counted, per user name and address, in the database.

In the database because several processes serve one login page; per address so that
nobody can lock somebody else out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.models.secret import digest
from pyramid_oauth.standalone.tables import LoginFailures

_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def key(username: str, address: str) -> str:
    """Under what the failures of `username` from `address` are counted."""
    return digest(f"{username}\n{address}")


def seconds_to_wait(session: Session, key: str, most: int) -> int:
    """How long the next attempt has to wait; 0 where it is welcome."""
    row = session.get(LoginFailures, key)
    if row is None or row.failures < most:
        return 0
    return max(0, int((row.expires_at - now()).total_seconds()) + 1)


def note_failure(session: Session, key: str, window: int) -> None:
    """Count one more failure; the window begins with the first."""
    moment = now()
    session.execute(delete(LoginFailures).where(LoginFailures.expires_at <= moment))
    insert = _INSERT[session.get_bind().dialect.name](LoginFailures)
    counted = insert.values(
        key=key, failures=1, expires_at=moment + timedelta(seconds=window)
    ).on_conflict_do_update(
        index_elements=[LoginFailures.key],
        set_={"failures": LoginFailures.failures + 1},
    )
    session.execute(counted)


def forget(session: Session, key: str) -> None:
    """Start anew, after a log-in that succeeded."""
    session.execute(delete(LoginFailures).where(LoginFailures.key == key))
