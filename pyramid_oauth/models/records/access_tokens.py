"""Access tokens: issue, find with all that decides whether they count, revoke."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.models.chosen import Models
from pyramid_oauth.models.records.applications import StaleApplication
from pyramid_oauth.models.records.writing import (
    columns_of,
    insert_guarded,
    insert_while_granted,
    revision_of,
)
from pyramid_oauth.models.secret import digest
from pyramid_oauth.models.store import flag, kept, read, subject_converter, write

_COLUMNS = (
    "digest",
    "client_id",
    "grant_id",
    "user_id",
    "scope",
    "audience",
    "created_at",
    "expires_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccessToken:
    """An access token as one statement saw it, its grant and client included."""

    id: Any
    client_id: str
    grant_id: Any
    user_id: str | None
    scope: str
    audience: str
    created_at: datetime
    expires_at: datetime
    is_revoked: bool
    application_revision: int | None
    user_active: bool | None
    asker_revision: int | None
    authentication: dict[str, Any] | None = None

    @property
    def is_live(self) -> bool:
        """Neither revoked (itself or by its grant) nor expired, nor its user barred."""
        return (
            not self.is_revoked and self.user_active is not False
        ) and self.expires_at > now()


class AccessTokens:
    """The shelf of access tokens."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        token = columns_of(models.AccessToken)
        self._to_user = subject_converter(token["user_id"])
        self._insert = insert_while_granted(models, models.AccessToken, _COLUMNS)
        self._insert_guarded = insert_guarded(models, models.AccessToken, _COLUMNS)
        self._find = kept(_find(models, accounts))
        self._find_with_grant = kept(_find(models, accounts, "authentication"))
        self._revoke = (
            update(models.AccessToken.__table__)
            .where(token["id"] == bindparam("key"), token["revoked_at"].is_(None))
            .values({token["revoked_at"]: bindparam("at")})
        )

    def add(self, session: Session, credential: str, **values: Any) -> None:
        """Store the digest of `credential` with its `values`, `grant_id` among them.

        Raises StaleApplication, with nothing written, where the grant is gone: only its
        client's end takes a grant away that still has something to give.
        """
        if write(session, self._insert, self._row(credential, values)) == 0:
            raise StaleApplication(values["client_id"])

    def add_for_current(
        self, session: Session, credential: str, application: Any, **values: Any
    ) -> None:
        """Like `add`, in the one statement that also proves `application` current.

        Raises StaleApplication, with nothing written.
        """
        row = self._row(credential, values)
        row["guard_revision"] = application.revision
        if write(session, self._insert_guarded, row) == 0:
            raise StaleApplication(application.client_id)

    def _row(self, credential: str, values: dict[str, Any]) -> dict[str, Any]:
        user_id = values.get("user_id")
        if user_id is not None:
            user_id = self._to_user(user_id)
            if user_id is None:
                # Without its user the token would pass for the client's own.
                raise ValueError("the subject is no key of the access token's user_id")
        return {**values, "digest": digest(credential), "user_id": user_id}

    def find(
        self, session: Session, credential: str, asker: str | None = None
    ) -> FoundAccessToken | None:
        """The token behind `credential`; `asker` is the client that introspects."""
        bound = {"digest": digest(credential), "asker": asker}
        row = read(session, self._find, bound)
        return None if row is None else _found(row)

    def find_with_grant(
        self, session: Session, credential: str
    ) -> FoundAccessToken | None:
        """Like `find`, with the log-in that the token's grant remembers."""
        bound = {"digest": digest(credential), "asker": None}
        row = read(session, self._find_with_grant, bound)
        return None if row is None else _found(row, row.authentication)

    def revoke(self, session: Session, token_id: Any) -> bool:
        """Revoke one token; False where it already was."""
        return write(session, self._revoke, {"key": token_id, "at": now()}) == 1


def _found(row: Any, authentication: dict[str, Any] | None = None) -> FoundAccessToken:
    user_id = row.user_id
    return FoundAccessToken(
        id=row.id,
        client_id=row.client_id,
        grant_id=row.grant_id,
        user_id=None if user_id is None else str(user_id),
        scope=row.scope,
        audience=row.audience,
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_revoked=row.revoked_at is not None or row.grant_revoked_at is not None,
        application_revision=row.application_revision,
        user_active=flag(row.user_active) if user_id is not None else None,
        asker_revision=row.asker_revision,
        authentication=authentication,
    )


def _find(models: Models, accounts: Accounts, *of_grant: str) -> Any:
    token, grant = columns_of(models.AccessToken), columns_of(models.Grant)
    application = columns_of(models.Application)
    active = accounts.active_clause(token["user_id"])
    source = (
        models.AccessToken.__table__.outerjoin(
            models.Grant.__table__, token["grant_id"] == grant["id"]
        )
    ).outerjoin(
        models.Application.__table__, token["client_id"] == application["client_id"]
    )
    names = ("id", *_COLUMNS[1:], "revoked_at")
    return (
        select(
            *(token[name].label(name) for name in names),
            *(grant[name].label(name) for name in of_grant),
            grant["revoked_at"].label("grant_revoked_at"),
            application["revision"].label("application_revision"),
            (literal(None) if active is None else active).label("user_active"),
            revision_of(models, bindparam("asker")).label("asker_revision"),
        )
        .select_from(source)
        .where(token["digest"] == bindparam("digest"))
    )
