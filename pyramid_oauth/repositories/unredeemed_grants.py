"""Unredeemed grants: those whose code no client has redeemed, bounded per user.

RFC 6749 section 4.1. Each authorization stores a grant, which lives as long as its
refresh tokens might. Without a bound, a user who repeats authorizations would fill the
table.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.models import is_unredeemed
from pyramid_oauth.models.bundle import Models

USER, MOST = "_owner", "_most_unredeemed"
"""Parameters of `is_below_limit`."""


class TooManyUnredeemed(Exception):
    """The user has as many unredeemed codes as are permitted, all of them valid."""


class UnredeemedGrants:
    """The statements on unredeemed grants."""

    def __init__(self, models: Models) -> None:
        grant = columns_of(models.Grant)
        mine = grant["user_id"] == bindparam(USER, type_=grant["user_id"].type)
        some = select(1).where(mine, is_unredeemed(grant))
        most: Any = bindparam(MOST, type_=Integer())
        self._count: Select[Any] = select(func.count()).select_from(
            some.limit(most).subquery()
        )
        self.is_below_limit: ColumnElement[bool] = self._count.scalar_subquery() < most
        ended = select(grant["id"]).where(
            mine,
            is_unredeemed(grant),
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
    ) -> bool:
        """Delete the user's grants whose code expired unredeemed, if there are `most`.

        A grant with a valid access token (of the hybrid flow) stays.

        Args:
            session: The session.
            user_id: The user, in the type of the column.
            most: The permitted number.
            moment: The time of the request.

        Returns:
            Whether the limit was reached.
        """
        bound = {USER: user_id, MOST: most}
        found = connection(session, self._count).execute(self._count, bound)
        if found.scalar_one() < most:
            return False
        ended = {USER: user_id, "_at": moment}
        execute(session, self._delete_tokens, ended)
        execute(session, self._delete, ended)
        return True


def _has_valid_token(models: Models) -> ColumnElement[bool]:
    token = columns_of(models.AccessToken)
    return exists().where(
        token["grant_id"] == columns_of(models.Grant)["id"],
        token["expires_at"] > bindparam("_at"),
        token["revoked_at"].is_(None),
    )
