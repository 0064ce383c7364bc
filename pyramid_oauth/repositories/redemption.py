"""Redemption of a code or refresh token and storage of the new tokens.

RFC 6749 sections 4.1.2 and 6, RFC 9700 section 4.14. One statement on PostgreSQL, which
saves round trips. On other engines a conditional UPDATE decides which request is the
first, and the INSERTs follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    Connection,
    Insert,
    Select,
    Update,
    bindparam,
    exists,
    select,
    update,
)
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.database import (
    columns_of,
    commits_at_once,
    connection,
    execute,
    prepared,
)
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import type_of_own_values
from pyramid_oauth.repositories import access_tokens, refresh_tokens
from pyramid_oauth.repositories.access_tokens import AccessTokens
from pyramid_oauth.repositories.autonomous_transaction import AutonomousConnections
from pyramid_oauth.repositories.database_clock import FROZEN, DatabaseTime
from pyramid_oauth.repositories.inserts import insert_where, present_grant
from pyramid_oauth.repositories.refresh_tokens import (
    FoundRefreshToken,
    RefreshTokens,
)

Row = Mapping[str, Any]

# An UPDATE below an INSERT sets every column that is called like a parameter.
_ACCESS, _REFRESH, _GRANT = "new_access_", "new_refresh_", "of_grant"


class Rotation(Enum):
    """What a rotation of a refresh token came to."""

    LOST = "another request was first"
    PENDING = "it is committed with the transaction of the request"
    COMMITTED = "it is committed"


class Redemption:
    """The statements that redeem a code or rotate a refresh token."""

    def __init__(
        self,
        models: Models,
        of_access: AccessTokens,
        of_refresh: RefreshTokens,
    ) -> None:
        self._access_tokens, self._refresh_tokens = of_access, of_refresh
        self._connections = AutonomousConnections()
        self._use_code = prepared(_use_of_code(models))
        self._restart_grace = prepared(_restart_of_grace(models))
        self._rotate = prepared(_rotation(models, _select_locked_token(models)))
        used = _done(models.Grant, _use_of_code(models))
        self._redeem = _access_token(models, used)
        self._redeem_for_both = _access_token(models, used).add_cte(
            _refresh_token(models, used)
        )
        # The grant is locked before its refresh token, in the order of a deletion.
        locked = _select_locked_token(models).where(
            exists(present_grant(models, _GRANT))
        )
        rotates = _rotation(models, locked)
        self._advance = _access_token(models, _done(models.RefreshToken, rotates))
        plain = not _computes(models.AccessToken, "default", access_tokens.COLUMNS)
        moves = _computes(models.RefreshToken, "onupdate")
        self._redeems_at_once = plain and not _computes(models.Grant, "onupdate")
        self._advances_at_once = plain and not moves
        known = refresh_tokens.COLUMNS
        self._adds_both_at_once = not _computes(models.RefreshToken, "default", known)

    @property
    def never_takes_steps(self) -> bool:
        """Whether one statement is enough for these models, on PostgreSQL."""
        return (
            self._redeems_at_once and self._advances_at_once and self._adds_both_at_once
        )

    def redeem(
        self,
        session: Session,
        grant_id: UUID,
        moment: datetime,
        access: Row | None,
        refresh: Row | None,
    ) -> bool:
        """Mark the code of a grant as used and store the rows of its first tokens.

        `access` is None for an access token that is not stored. Return False, with
        nothing stored, if another request was first.
        """
        used = {"_key": grant_id, "_at": moment}
        on = connection(session, self._redeem)
        if access is None or not (self._redeems_at_once and _takes_one(on)):
            return self._redeem_in_steps(session, used, access, refresh)
        bound = {**_of_access(access), **used}
        if refresh is None:
            return execute(session, self._redeem, bound, on) == 1
        if not self._adds_both_at_once:
            done = execute(session, self._redeem, bound, on) == 1
            if done:
                self._refresh_tokens.add(session, refresh)
            return done
        bound.update(_of_refresh(refresh))
        return execute(session, self._redeem_for_both, bound, on) == 1

    def advance(
        self,
        session: Session,
        found: FoundRefreshToken,
        generation: int,
        expires_at: datetime,
        access: Row | None,
    ) -> Rotation:
        """Rotate a refresh token to `generation` and store the row of an access token.

        `access` is None for an access token that is not stored. If another request was
        first, nothing is stored.
        """
        rotated = {
            "_key": found.id,
            "_from_generation": found.generation,
            "_to_generation": generation,
            FROZEN: clock.frozen_at,
            "_until": expires_at,
        }
        on = connection(session, self._advance)
        if access is not None and self._advances_at_once and _takes_one(on):
            bound = {**rotated, **_of_access(access), _GRANT: found.grant_id}
            if execute(session, self._advance, bound, on) == 0:
                return Rotation.LOST
            return Rotation.COMMITTED if commits_at_once(on) else Rotation.PENDING
        if execute(session, self._rotate, rotated) == 0:
            return Rotation.LOST
        if access is not None:
            self._access_tokens.add(session, access)
        return Rotation.PENDING

    def restart_grace(self, session: Session, token_id: int, generation: int) -> None:
        """Let the grace of a rotation begin now, unless the token was rotated again."""
        bound = {"_key": token_id, "_of_generation": generation}
        execute(session, self._restart_grace, {**bound, FROZEN: clock.frozen_at})

    def restart_grace_after(
        self, session: Session, token_id: int, generation: int
    ) -> None:
        """Do the same in a transaction of its own, after that of `session`."""
        named = {"_key": token_id, "_of_generation": generation}
        bound = {**named, FROZEN: clock.frozen_at}
        self._connections.execute_after(session, self._restart_grace, bound)

    def _redeem_in_steps(
        self, session: Session, used: Row, access: Row | None, refresh: Row | None
    ) -> bool:
        if execute(session, self._use_code, used) == 0:
            return False
        if access is not None:
            self._access_tokens.add(session, access)
        if refresh is not None:
            self._refresh_tokens.add(session, refresh)
        return True


def _use_of_code(models: Models) -> Update:
    """Return the UPDATE whose row count decides which request redeems a code."""
    grant = columns_of(models.Grant)
    used_at = grant["code_used_at"]
    return (
        update(models.Grant.__table__)
        .where(
            grant["id"] == bindparam("_key"),
            used_at.is_(None),
            grant["revoked_at"].is_(None),
        )
        .values({used_at: bindparam("_at", type_=type_of_own_values(used_at))})
    )


def _select_locked_token(models: Models) -> Select[Any]:
    """Return the selection of the refresh token `_key`, which it locks.

    PostgreSQL computes the new row of an UPDATE before it waits for a lock on the old
    one: without this, `rotated_at` would be the time before the wait.
    """
    token = models.RefreshToken.__table__.alias("locked")
    key = token.c[columns_of(models.RefreshToken)["id"].key]
    selection = select(1).where(key == bindparam("_key"))
    return selection.with_for_update(key_share=True)


def _rotation(models: Models, locked: Select[Any]) -> Update:
    """Return the UPDATE whose row count decides which request rotates a token."""
    token = columns_of(models.RefreshToken)
    until = bindparam("_until", type_=type_of_own_values(token["expires_at"]))
    return (
        update(models.RefreshToken.__table__)
        .where(
            token["id"] == bindparam("_key"),
            token["generation"] == bindparam("_from_generation"),
            token["revoked_at"].is_(None),
            exists(locked),
        )
        .values(
            {
                token["generation"]: bindparam("_to_generation"),
                token["rotated_at"]: DatabaseTime(),
                token["expires_at"]: until,
            }
        )
    )


def _restart_of_grace(models: Models) -> Update:
    token = columns_of(models.RefreshToken)
    return (
        update(models.RefreshToken.__table__)
        .where(
            token["id"] == bindparam("_key"),
            token["generation"] == bindparam("_of_generation"),
        )
        .values({token["rotated_at"]: DatabaseTime()})
    )


def _takes_one(on: Connection) -> bool:
    """Whether the engine writes to several tables by one statement."""
    return on.dialect.name == "postgresql"


def _computes(mapped: type[Any], kind: str, given: Iterable[str] = ()) -> bool:
    """Whether a host's column has a `default` or `onupdate` besides what is `given`.

    In a statement that joins several, SQLAlchemy asks for none of them: all are NULL.
    """
    columns = columns_of(mapped)
    known = {columns[name] for name in given}
    return any(
        getattr(column, kind) is not None
        for column in mapped.__table__.columns
        if column not in known
    )


def _name_values(
    prefix: str, columns: tuple[str, ...]
) -> Callable[[Row], dict[str, Any]]:
    """Return a function that names the values of a row: `prefix` and the column."""
    names, values = [prefix + name for name in columns], itemgetter(*columns)
    return lambda row: dict(zip(names, values(row), strict=True))


_of_access = _name_values(_ACCESS, access_tokens.COLUMNS)

_of_refresh = _name_values(_REFRESH, refresh_tokens.COLUMNS)


def _done(mapped: type[Any], update: Update) -> CTE:
    """Return the selection of the row that `update` changed."""
    return update.returning(columns_of(mapped)["id"]).cte("done")


def _access_token(models: Models, done: CTE) -> Insert:
    rows = select(*done.c)
    return insert_where(models.AccessToken, access_tokens.COLUMNS, rows, prefix=_ACCESS)


def _refresh_token(models: Models, done: CTE) -> CTE:
    names, rows = refresh_tokens.COLUMNS, select(*done.c)
    second = insert_where(models.RefreshToken, names, rows, prefix=_REFRESH)
    return second.cte("second")
