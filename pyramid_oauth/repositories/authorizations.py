"""Authorizations in use: what users and administrators see of grants, and end.

RFC 6749 section 1.3. The flows have statements of their own in `repositories.grants`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import (
    columns_of,
    connection,
    mark_written,
    subject_converter,
)
from pyramid_oauth.models.bundle import Models


class LiveGrant(NamedTuple):
    """A grant with which its client can act, or could until its code expires.

    Attributes:
        id: The key of the grant.
        client_id: The client.
        user_id: The subject of the resource owner.
        scopes: The approved scopes.
        resources: Identifiers of the resources that it is for, if it is limited.
        created_at: When the resource owner approved.
        expires_at: No refresh token of the grant is valid after this time.
        last_used_at: When the client last got a token; None: not yet.
        details: Data that extensions store with the grant.
    """

    id: Any
    client_id: str
    user_id: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    details: dict[str, Any]


class RevokedGrant(NamedTuple):
    """A grant that was revoked just now."""

    id: Any
    client_id: str
    user_id: str


class GrantFilter(NamedTuple):
    """Which grants are meant; None leaves a condition out.

    Attributes:
        user_id: Those of this subject.
        client_id: Those of this client.
        id: The one with this key.
    """

    user_id: str | None = None
    client_id: str | None = None
    id: Any = None


class Authorizations:
    """The statements for lists of grants, and for ending many of them."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._models = models
        self._grant = columns_of(models.Grant)
        self._to_user = subject_converter(self._grant["user_id"])
        self._select = _selection(models)

    def live_grants(
        self,
        session: Session,
        grant_filter: GrantFilter,
        moment: datetime,
        limit: int,
        offset: int = 0,
    ) -> list[LiveGrant]:
        """Return grants in use at `moment`, the newest first.

        Args:
            session: The session.
            grant_filter: Which grants.
            moment: The moment.
            limit: The largest number of grants.
            offset: The number of grants before the first one.
        """
        grant = self._grant
        statement = (
            self._select.where(
                *self._conditions(grant_filter),
                grant["revoked_at"].is_(None),
                grant["expires_at"] > moment,
                or_(
                    grant["code_digest"].is_(None),
                    grant["code_used_at"].is_not(None),
                    grant["code_expires_at"] > moment,
                ),
            )
            .order_by(grant["created_at"].desc(), grant["id"].desc())
            .limit(limit)
            .offset(offset)
        )
        rows = connection(session, statement).execute(statement)
        return [_live_grant(row) for row in rows]

    def revoke(
        self, session: Session, grant_filter: GrantFilter, moment: datetime
    ) -> list[RevokedGrant]:
        """Revoke grants and so their tokens; return those not revoked before.

        Raises:
            ValueError: The filter has no condition: all grants would end.
        """
        conditions = list(self._conditions(grant_filter))
        if not conditions:
            raise ValueError("name a user, a client or a grant")
        grant = self._grant
        statement = (
            update(self._models.Grant.__table__)
            .where(*conditions, grant["revoked_at"].is_(None))
            .values({grant["revoked_at"]: moment})
            .returning(grant["id"], grant["client_id"], grant["user_id"])
        )
        rows = connection(session, statement).execute(statement).all()
        mark_written(session)
        return [
            RevokedGrant(key, client_id, str(user_id))
            for key, client_id, user_id in rows
        ]

    def _conditions(self, grant_filter: GrantFilter) -> Iterator[ColumnElement[bool]]:
        grant = self._grant
        if grant_filter.user_id is not None:
            yield grant["user_id"] == self._to_user(grant_filter.user_id)
        if grant_filter.client_id is not None:
            yield grant["client_id"] == grant_filter.client_id
        if grant_filter.id is not None:
            yield grant["id"] == grant_filter.id


def _selection(models: Models) -> Select[Any]:
    grant, refresh = columns_of(models.Grant), columns_of(models.RefreshToken)
    access = columns_of(models.AccessToken)
    issued = select(func.max(access["created_at"])).where(
        access["grant_id"] == grant["id"]
    )
    names = ("id", "client_id", "user_id", "scope", "resource", "created_at")
    return select(
        *(grant[name].label(name) for name in (*names, "expires_at", "details")),
        grant["code_used_at"].label("redeemed_at"),
        refresh["rotated_at"].label("rotated_at"),
        issued.scalar_subquery().label("issued_at"),
    ).select_from(
        models.Grant.__table__.outerjoin(
            models.RefreshToken.__table__, refresh["grant_id"] == grant["id"]
        )
    )


def _live_grant(row: Row[Any]) -> LiveGrant:
    uses = [row.redeemed_at, row.rotated_at, row.issued_at]
    return LiveGrant(
        id=row.id,
        client_id=row.client_id,
        user_id=str(row.user_id),
        scopes=tuple(row.scope.split()),
        resources=tuple(row.resource.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=max((use for use in uses if use is not None), default=None),
        details=row.details or {},
    )
