"""The directory of users: their claims, and search for them.

OpenID Connect Core section 5.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Account
from pyramid_oauth.database import connection, fetch_one, prepared
from pyramid_oauth.standalone.models import User

CLAIMS_ROWS: Select[Any] = select(
    User.subject,
    User.username,
    User.display_name,
    User.claims,
    User.mail,
    User.mail_verified,
)
"""What the claims of every user are made of."""

_CLAIMS_ROW = prepared(CLAIMS_ROWS.where(User.subject == bindparam("subject")))


def claims(
    session: Session, subject: str, row: Row[Any] | None = None
) -> Mapping[str, Any]:
    """Return the stored standard claims and the names of a user.

    Args:
        session: The session.
        subject: The user.
        row: The row of the user in CLAIMS_ROWS, if it was read before.
    """
    row = row or fetch_one(session, _CLAIMS_ROW, {"subject": subject})
    if row is None:
        return {}
    found = {"preferred_username": row.username, "name": row.display_name}
    found |= row.claims
    if row.mail:
        found |= {"email": row.mail, "email_verified": row.mail_verified}
    return found


def search(session: Session, text: str, *, offset: int, limit: int) -> list[Account]:
    """Return the users whose name or mail contains `text` or whose subject it is."""
    names = (User.username, User.display_name, User.mail)
    statement = (
        select(User.subject, User.username, User.display_name)
        .where(
            or_(
                User.subject == text,
                *(name.icontains(text, autoescape=True) for name in names),
            )
        )
        .order_by(User.username)
        .offset(offset)
        .limit(limit)
    )
    return [
        Account(
            subject=row.subject, display_name=f"{row.display_name} ({row.username})"
        )
        for row in connection(session, statement).execute(statement)
    ]
