"""The statements on access tokens without a row: their grant, client and denylist.

RFC 7009 section 2.1, RFC 7662 section 2.2. The denylist is in the table of identifiers
that nobody may use (again); its rows are purged when the tokens have expired.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    exists,
    false,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, fetch_one, look_up, prepared
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.inserts import is_active_column, revision_of
from pyramid_oauth.repositories.replay_cache import ReplayCache, digest_of

OWNER = ""
"""The owner of denied identifiers, which is no client."""


class TokenState(NamedTuple):
    """What the database knows of a token that it does not have."""

    is_revoked: bool
    application_revision: int
    user_active: bool | None
    authentication: dict[str, Any] | None
    asker_revision: int | None


class StatelessTokens:
    """`server.repositories.stateless_tokens`.

    `has_denylist`: whether single tokens can be revoked.
    """

    def __init__(
        self, models: Models, accounts: Accounts, *, has_denylist: bool
    ) -> None:
        denied = _is_denied(models) if has_denylist else false()
        self._of_grant = look_up(prepared(_state_of_grant(models, accounts, denied)))
        self._of_client = look_up(prepared(_state_of_client(models, denied)))
        self._denied = ReplayCache(models, accounts) if has_denylist else None

    def find(
        self,
        session: Session,
        client_id: str,
        grant_id: UUID | None,
        jti: str,
        asker: str | None,
    ) -> TokenState | None:
        """Return the state of a token; None if its grant or its client is gone.

        Args:
            session: The session.
            client_id: The client of the token.
            grant_id: The grant of the token; None for the client's own.
            jti: The identifier of the token.
            asker: The client that asks.
        """
        bound: dict[str, Any] = {"token_client": client_id, "asker": asker}
        if self._denied is not None:
            bound["denied"] = digest_of(OWNER, jti)
        statement = self._of_client
        if grant_id is not None:
            statement, bound["token_grant"] = self._of_grant, grant_id
        row: Sequence[Any] | None = fetch_one(session, statement, bound)
        return None if row is None else TokenState(*row)

    def deny(self, session: Session, jti: str, expires_at: datetime) -> bool | None:
        """Add a token to the denylist; False if it was there; None without a list."""
        if self._denied is None:
            return None
        return self._denied.consume(session, OWNER, jti, expires_at)


def _is_denied(models: Models) -> ColumnElement[bool]:
    digest = columns_of(models.UsedAssertion)["digest"]
    return exists().where(digest == bindparam("denied"))


def _state_of_client(models: Models, denied: ColumnElement[bool]) -> Select[Any]:
    application = columns_of(models.Application)
    return select(
        denied.label("is_revoked"),
        application["revision"],
        null().label("user_active"),
        null().label("authentication"),
        revision_of(models, bindparam("asker")).label("asker_revision"),
    ).where(application["client_id"] == bindparam("token_client"))


def _state_of_grant(
    models: Models, accounts: Accounts, denied: ColumnElement[bool]
) -> Select[Any]:
    grant, application = columns_of(models.Grant), columns_of(models.Application)
    source = models.Grant.__table__.join(
        models.Application.__table__,
        grant["client_id"] == application["client_id"],
    )
    return (
        select(
            or_(grant["revoked_at"].is_not(None), denied).label("is_revoked"),
            application["revision"],
            is_active_column(accounts, grant["user_id"]),
            grant["authentication"],
            revision_of(models, bindparam("asker")).label("asker_revision"),
        )
        .select_from(source)
        .where(
            grant["id"] == bindparam("token_grant"),
            grant["client_id"] == bindparam("token_client"),
        )
    )
