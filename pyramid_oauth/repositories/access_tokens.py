"""Access tokens: insert, find with grant and client, revoke (RFC 6749 section 1.4)."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, null, or_, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import (
    columns_of,
    execute,
    fetch_one,
    look_up,
    prepared,
    subject_converter,
)
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.hashing import new_hashed_credential, sha256_digest
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.repositories.inserts import (
    insert_guarded,
    insert_while_granted,
    is_active_column,
    revision_of,
)

COLUMNS: tuple[str, ...] = (
    "digest",
    "client_id",
    "grant_id",
    "user_id",
    "scope",
    "audience",
    "created_at",
    "expires_at",
    "claims",
)


class FoundAccessToken(NamedTuple):
    """An access token with its grant and client, as one statement read them.

    `authentication` is that of the grant, and `claims_row` the row of the user in
    `Accounts.claims_rows` (`find_with_grant`); `id`, `created_at` and `asker_revision`
    are for a client that introspects the token (`find_for`).
    """

    client_id: str
    grant_id: UUID | None
    user_id: str | None
    scope: str
    audience: str
    expires_at: datetime
    claims: dict[str, Any] | None
    is_revoked: bool
    application_revision: int | None
    user_active: bool | None
    authentication: dict[str, Any] | None = None
    id: int | None = None
    created_at: datetime | None = None
    asker_revision: int | None = None
    claims_row: Any = None

    def is_live_at(self, moment: datetime) -> bool:
        """Whether token, grant and user are active, and it has not expired."""
        if self.is_revoked or self.expires_at <= moment:
            return False
        if self.user_id is None or self.user_active is None:
            return True
        return bool(self.user_active)


_COLUMNS_FOUND = FoundAccessToken._fields[:7]

_WITH_GRANT = FoundAccessToken._fields.index("authentication") + 1
"""The number of columns that `find_with_grant` reads before those of the user."""


class AccessTokens:
    """The statements on access tokens."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        token = columns_of(models.AccessToken)
        self._to_user = subject_converter(token["user_id"])
        self._insert = insert_while_granted(models, models.AccessToken, COLUMNS)
        self._insert_guarded = insert_guarded(models, models.AccessToken, COLUMNS)
        asker = revision_of(models, bindparam("asker")).label("asker_revision")
        authentication = columns_of(models.Grant)["authentication"]
        nothing = null().label("authentication")
        self._find = look_up(prepared(_find(models, accounts)))
        self._find_for = prepared(
            _find(
                models,
                accounts,
                nothing,
                token["id"].label("id"),
                token["created_at"].label("created_at"),
                asker,
            )
        )
        found = _find(models, accounts, authentication.label("authentication"))
        rows = accounts.claims_rows()
        self._build_claims_row: Callable[[Sequence[Any]], Any] | None = None
        if rows is not None:
            found = _join_claims(found, rows, token["user_id"])
            names = list(rows.selected_columns.keys())
            row: Any = namedtuple("ClaimsRow", names, rename=True)  # type: ignore[misc]
            self._build_claims_row = row._make
        self._find_with_grant = look_up(prepared(found))
        self._revoke = (
            update(models.AccessToken.__table__)
            .where(token["id"] == bindparam("_key"), token["revoked_at"].is_(None))
            .values({token["revoked_at"]: bindparam("_at")})
        )

    def add(self, session: Session, row: Mapping[str, Any]) -> None:
        """Store the row of a token that belongs to the grant `grant_id`.

        Raises StaleApplication, with nothing written, if the grant is missing: a grant
        that can still issue tokens is deleted only with its client.
        """
        if execute(session, self._insert, row) == 0:
            raise StaleApplication(row["client_id"])

    def add_for_current(
        self, session: Session, row: Mapping[str, Any], application: AbstractApplication
    ) -> None:
        """Like `add`, in the one statement that also proves `application` current.

        Raises StaleApplication, with nothing written.
        """
        bound = {**row, "guard_revision": application.revision}
        if execute(session, self._insert_guarded, bound) == 0:
            raise StaleApplication(application.client_id)

    def new(
        self,
        credential: str | None = None,
        *,
        claims: Mapping[str, Any] | None = None,
        **values: object,
    ) -> tuple[str, dict[str, Any]]:
        """Return a new token, and the row for `add`, which has only its digest.

        Args:
            credential: The token, if its format is not opaque; None generates one.
            claims: The claims of extensions.
            values: The other columns by name.

        Raises:
            ValueError: `user_id` is not a key of the column's type.
        """
        user_id = values.get("user_id")
        if user_id is not None:
            user_id = self._to_user(user_id)
            if user_id is None:
                # A token without a user would count as the client's own.
                raise ValueError("the subject is no key of the access token's user_id")
        if credential is None:
            token, digest = new_hashed_credential()
        else:
            token, digest = credential, sha256_digest(credential)
        return token, {
            **values,
            "digest": digest,
            "user_id": user_id,
            "claims": claims or None,
        }

    def find(self, session: Session, credential: str) -> FoundAccessToken | None:
        """Return the token of `credential`, with what the check of a bearer needs."""
        return _found(
            fetch_one(session, self._find, {"digest": sha256_digest(credential)})
        )

    def find_for(
        self, session: Session, credential: str, asker: str
    ) -> FoundAccessToken | None:
        """Return the token of `credential`, for introspection by the client `asker`."""
        bound = {"digest": sha256_digest(credential), "asker": asker}
        return _found(fetch_one(session, self._find_for, bound))

    def find_with_grant(
        self, session: Session, credential: str
    ) -> FoundAccessToken | None:
        """Like `find`, with the login of the token's grant and the row of the user."""
        bound = {"digest": sha256_digest(credential)}
        row = fetch_one(session, self._find_with_grant, bound)
        if row is None or self._build_claims_row is None:
            return _found(row)
        user = self._build_claims_row(row[_WITH_GRANT:])
        return _found(row[:_WITH_GRANT], user if user.subject is not None else None)

    def revoke(self, session: Session, token_id: int | None, moment: datetime) -> bool:
        """Revoke one token; return False if it was revoked before."""
        return execute(session, self._revoke, {"_key": token_id, "_at": moment}) == 1


def _found(
    row: Sequence[Any] | None,
    claims_row: Any = None,  # noqa: ANN401 - of columns that the host chose
) -> FoundAccessToken | None:
    """Return the token in a row whose columns are the first fields, in their order."""
    if row is None:
        return None
    # mypy cannot know that the row ends before this field.
    found = FoundAccessToken(*row, claims_row=claims_row)  # type: ignore[misc]
    user_id = found.user_id
    if user_id is None or type(user_id) is str:
        return found
    return found._replace(user_id=str(user_id))


def _find(models: Models, accounts: Accounts, *more: ColumnElement[Any]) -> Select[Any]:
    token, grant = columns_of(models.AccessToken), columns_of(models.Grant)
    application = columns_of(models.Application)
    source = (
        models.AccessToken.__table__.outerjoin(
            models.Grant.__table__, token["grant_id"] == grant["id"]
        )
    ).outerjoin(
        models.Application.__table__, token["client_id"] == application["client_id"]
    )
    revoked = or_(token["revoked_at"].is_not(None), grant["revoked_at"].is_not(None))
    return (
        # Every column costs time, so only those that are read are selected.
        select(
            *(token[name].label(name) for name in _COLUMNS_FOUND),
            revoked.label("is_revoked"),
            application["revision"].label("application_revision"),
            is_active_column(accounts, token["user_id"]),
            *more,
        )
        .select_from(source)
        .where(token["digest"] == bindparam("digest"))
    )


def _join_claims(
    find: Select[Any], rows: Select[Any], user_id: ColumnElement[Any]
) -> Select[Any]:
    """Return `find` with the columns of `Accounts.claims_rows` for the token's user.

    Raises ConfigurationError if they cannot be joined.
    """
    users = rows.subquery("claims_rows")
    if "subject" not in users.c:
        raise ConfigurationError("claims_rows of the accounts has no column `subject`")
    columns = (column.label(f"user_{column.key}") for column in users.c)
    return find.add_columns(*columns).outerjoin(users, user_id == users.c.subject)
