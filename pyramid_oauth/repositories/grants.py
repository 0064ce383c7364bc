"""Grants: made with their code, found by it, redeemed once, revoked at the root."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, bindparam, literal, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import coalesce

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import (
    columns_of,
    execute,
    fetch_one,
    flag,
    prepared,
    subject_converter,
)
from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.repositories.inserts import insert_guarded, revision_of

_COLUMNS = (
    "id",
    "client_id",
    "user_id",
    "scope",
    "resource",
    "created_at",
    "expires_at",
    "code_digest",
    "code_expires_at",
    "code_challenge",
    "redirect_uri",
    "session_id",
    "authentication",
    "details",
)

_FOUND = (
    "id",
    "client_id",
    "user_id",
    "scope",
    "resource",
    "created_at",
    "expires_at",
    "code_expires_at",
    "code_used_at",
    "code_challenge",
    "redirect_uri",
    "session_id",
    "authentication",
    "details",
    "revoked_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGrant:
    """A grant as the statement that looked its code up saw it."""

    id: Any
    client_id: str
    user_id: str
    scope: str
    resource: str
    created_at: datetime
    expires_at: datetime
    code_expires_at: datetime | None
    code_used_at: datetime | None
    code_challenge: str | None
    redirect_uri: str | None
    session_id: str | None
    authentication: dict[str, Any] | None
    details: dict[str, Any] | None
    revoked_at: datetime | None
    application_revision: int | None
    user_active: bool | None

    @property
    def code_is_live(self) -> bool:
        """Unused, unexpired, and nothing revoked."""
        return (
            self.code_used_at is None
            and self.revoked_at is None
            and self.code_expires_at is not None
            and self.code_expires_at > now()
        )


class Grants:
    """The shelf of grants."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        grant = columns_of(models.Grant)
        self._to_user = subject_converter(grant["user_id"])
        self._insert = insert_guarded(models, models.Grant, _COLUMNS, lock=True)
        self._find = prepared(_find(models, accounts))
        table = models.Grant.__table__
        self._redeem = prepared(redemption(models))
        self._revoke = (
            update(table)
            .where(grant["id"] == bindparam("_key"), grant["revoked_at"].is_(None))
            .values({grant["revoked_at"]: bindparam("_at")})
        )
        at = bindparam("_at", type_=grant["revoked_at"].type)
        self._end_all = (
            update(table)
            .where(grant["client_id"] == bindparam("_for_client"))
            .values(
                {
                    grant["revoked_at"]: coalesce(grant["revoked_at"], at),
                    grant["session_id"]: None,
                }
            )
        )
        self._revoke_for = (
            update(table)
            .where(
                grant["user_id"] == bindparam("_for_user"),
                grant["client_id"] == bindparam("_for_client"),
                grant["revoked_at"].is_(None),
            )
            .values({grant["revoked_at"]: bindparam("_at")})
        )

    def end_all(self, session: Session, client_id: str) -> int:
        """Kill every grant of `client_id`, known to no session any more; how many."""
        return execute(session, self._end_all, {"_for_client": client_id, "_at": now()})

    def add(self, session: Session, application: Any, **values: Any) -> None:
        """Store a grant, proving `application` current in the same statement.

        Args:
            values: attributes of the grant by name; `details` are those of extensions.

        Raises:
            StaleApplication: with nothing written.
            TypeError: for a value that no attribute of the statement takes.
        """
        unknown = values.keys() - _COLUMNS
        if unknown:
            raise TypeError(f"a grant stores no {', '.join(sorted(unknown))}")
        row = dict.fromkeys(_COLUMNS) | values
        row["details"] = row["details"] or None
        row["user_id"] = self._to_user(values["user_id"])
        row["client_id"] = application.client_id
        row["guard_revision"] = application.revision
        if execute(session, self._insert, row) == 0:
            raise StaleApplication(application.client_id)

    def find_by_code(self, session: Session, code: str) -> FoundGrant | None:
        """The grant whose code this is, used or not."""
        row = fetch_one(session, self._find, {"code": sha256_digest(code)})
        if row is None:
            return None
        found = {name: getattr(row, name) for name in _FOUND}
        found["user_id"] = str(found["user_id"])
        return FoundGrant(
            **found,
            application_revision=row.application_revision,
            user_active=flag(row.user_active),
        )

    def redeem(self, session: Session, grant_id: Any) -> bool:
        """Use the code up; False where another request was first."""
        return execute(session, self._redeem, {"_key": grant_id, "_at": now()}) == 1

    def revoke(self, session: Session, grant_id: Any) -> bool:
        """Kill the grant and with it every token of it; False where it was dead."""
        return execute(session, self._revoke, {"_key": grant_id, "_at": now()}) == 1

    def revoke_for(self, session: Session, user_id: str, client_id: str) -> int:
        """Kill every grant of `user_id` to `client_id`; how many there were."""
        bound = {
            "_for_user": self._to_user(user_id),
            "_for_client": client_id,
            "_at": now(),
        }
        return execute(session, self._revoke_for, bound)


def redemption(models: Models) -> Update:
    """The UPDATE whose row count says which of several requests redeems a code."""
    grant = columns_of(models.Grant)
    return (
        update(models.Grant.__table__)
        .where(
            grant["id"] == bindparam("_key"),
            grant["code_used_at"].is_(None),
            grant["revoked_at"].is_(None),
        )
        .values({grant["code_used_at"]: bindparam("_at")})
    )


def _find(models: Models, accounts: Accounts) -> Any:
    grant = columns_of(models.Grant)
    active = accounts.active_clause(grant["user_id"])
    return select(
        *(grant[name].label(name) for name in _FOUND),
        revision_of(models, grant["client_id"]).label("application_revision"),
        (literal(None) if active is None else active).label("user_active"),
    ).where(grant["code_digest"] == bindparam("code"))
