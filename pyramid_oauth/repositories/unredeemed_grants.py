"""Limit of unredeemed grants: those whose code no client has redeemed, per user.

RFC 6749 section 4.1. Each authorization stores a grant, which lives as long as its
refresh tokens might. Without a bound, a user who repeats authorizations would fill the
table. An index of them would make each redemption change every index of the row
(PostgreSQL's HOT updates). So `Grants` counts now and then, by the index of users.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.models.bundle import Models

_USER, _MOST = "_owner", "_most_unredeemed"


class TooManyUnredeemed(Exception):
    """The user has as many unredeemed codes as are permitted, all of them valid."""


class UnredeemedGrants:
    """The statements on unredeemed grants."""

    def __init__(self, models: Models) -> None:
        grant = columns_of(models.Grant)
        mine = grant["user_id"] == bindparam(_USER, type_=grant["user_id"].type)
        some = select(1).where(mine, _is_unredeemed(grant))
        most: Any = bindparam(_MOST, type_=Integer())
        self._count: Select[Any] = select(func.count()).select_from(
            some.limit(most).subquery()
        )
        ended = select(grant["id"]).where(
            mine,
            _is_unredeemed(grant),
            grant["code_expires_at"] <= bindparam("_at"),
            ~_has_valid_token(models),
        )
        token = columns_of(models.AccessToken)
        # SQLite does not delete what refers to a row, unless it is told to.
        self._delete_tokens = delete(models.AccessToken.__table__).where(
            token["grant_id"].in_(ended)
        )
        self._delete = delete(models.Grant.__table__).where(grant["id"].in_(ended))

    def make_room(
        self, session: Session, user_id: object, most: int, moment: datetime
    ) -> int:
        """Return how many grants the user may still have unredeemed.

        If there are `most`, those whose code expired are deleted. A grant with a valid
        access token (of the hybrid flow) stays.

        Args:
            session: The session.
            user_id: The user, in the type of the column.
            most: The permitted number.
            moment: The time of the request.

        Raises:
            TooManyUnredeemed: they have `most`, all of them valid.
        """
        room = most - self._count_unredeemed(session, user_id, most)
        if room > 0:
            return room
        ended = {_USER: user_id, "_at": moment}
        execute(session, self._delete_tokens, ended)
        execute(session, self._delete, ended)
        room = most - self._count_unredeemed(session, user_id, most)
        if room <= 0:
            raise TooManyUnredeemed
        return room

    def _count_unredeemed(self, session: Session, user_id: object, most: int) -> int:
        """Return the number of unredeemed grants, up to `most`."""
        bound = {_USER: user_id, _MOST: most}
        count = connection(session, self._count).execute(self._count, bound)
        return int(count.scalar_one())


def _is_unredeemed(grant: Mapping[str, Any]) -> ColumnElement[bool]:
    """Return the condition that a grant has a code which no client has redeemed."""
    return and_(grant["code_used_at"].is_(None), grant["code_expires_at"].is_not(None))


def _has_valid_token(models: Models) -> ColumnElement[bool]:
    token = columns_of(models.AccessToken)
    return exists().where(
        token["grant_id"] == columns_of(models.Grant)["id"],
        token["expires_at"] > bindparam("_at"),
        token["revoked_at"].is_(None),
    )
