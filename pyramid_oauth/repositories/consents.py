"""Consents: what was allowed before, and how it grows or ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import (
    columns_of,
    execute,
    fetch_one,
    prepared,
    subject_converter,
)
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import new_id
from pyramid_oauth.repositories.inserts import insert, is_active_column

_COLUMNS = (
    "id",
    "user_id",
    "client_id",
    "scope",
    "resource",
    "created_at",
    "updated_at",
    "expires_at",
    "details",
)

ATTEMPTS = 5
"""How often a consent is written anew when others write it too; then it is not
remembered, and the person is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConsent:
    """The remembered consent (no scopes where there is none), with what stands by it.

    `details` is what was allowed besides scopes. `written` is the scope that the row
    has, though it may be over, and `updated_at` when it was last replaced.
    `user_active` is None where the accounts adapter has no clause to ask by.
    """

    id: Any
    scopes: frozenset[str]
    application_revision: int | None
    details: dict[str, Any] | None = None
    written: str | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    user_active: bool | None = None


def _merged(
    present: Mapping[str, Any] | None, changes: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """`present` with `changes`, less what is None; None where nothing is left."""
    merged = {**(present or {}), **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None} or None


def _replacement(models: Models) -> Update:
    """Of what a consent allows, where nobody else has replaced it meanwhile.

    Details cannot be compared in SQL; the moment of the last replacement stands for
    them.
    """
    consent = columns_of(models.Consent)
    return (
        update(models.Consent.__table__)
        .where(
            consent["id"] == bindparam("_key"),
            consent["scope"] == bindparam("_old_scope"),
            consent["updated_at"] == bindparam("_replaced_at"),
        )
        .values(
            {
                consent["scope"]: bindparam("_new_scope"),
                consent["details"]: bindparam("_new_details"),
                consent["updated_at"]: bindparam("_at"),
                consent["expires_at"]: bindparam("_until"),
            }
        )
    )


class Consents:
    """The statements on consents."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        consent = columns_of(models.Consent)
        for_user = bindparam("_for_user", type_=consent["user_id"].type)
        application = columns_of(models.Application)
        self._to_user = subject_converter(consent["user_id"])
        self._insert = insert(models.Consent, _COLUMNS)
        source = models.Application.__table__.outerjoin(
            models.Consent.__table__,
            (consent["client_id"] == application["client_id"])
            & (consent["user_id"] == for_user),
        )
        self._find = prepared(
            select(
                consent["id"].label("id"),
                consent["scope"].label("scope"),
                consent["expires_at"].label("expires_at"),
                consent["details"].label("details"),
                consent["updated_at"].label("updated_at"),
                application["revision"].label("application_revision"),
                is_active_column(accounts, for_user),
            )
            .select_from(source)
            .where(application["client_id"] == bindparam("_for_client"))
        )
        self._update = _replacement(models)
        self._delete_of_client = delete(models.Consent.__table__).where(
            consent["client_id"] == bindparam("_for_client")
        )
        self._delete = self._delete_of_client.where(
            consent["user_id"] == bindparam("_for_user")
        )

    def find(self, session: Session, user_id: str, client_id: str) -> FoundConsent:
        """What `user_id` has allowed `client_id`, as far as it still counts."""
        bound = {"_for_user": self._to_user(user_id), "_for_client": client_id}
        row = fetch_one(session, self._find, bound)
        if row is None:
            return FoundConsent(id=None, scopes=frozenset(), application_revision=None)
        counts = row.id is not None and (
            row.expires_at is None or row.expires_at > now()
        )
        return FoundConsent(
            id=row.id,
            scopes=frozenset(row.scope.split()) if counts else frozenset(),
            details=row.details if counts else None,
            updated_at=row.updated_at,
            expires_at=row.expires_at,
            written=row.scope,
            application_revision=row.application_revision,
            user_active=row.user_active,
        )

    def remember(
        self,
        session: Session,
        user_id: str,
        client_id: str,
        scopes: frozenset[str],
        expires_at: datetime | None,
        refused: frozenset[str] = frozenset(),
        details: Mapping[str, Any] | None = None,
        expected: FoundConsent | None = None,
    ) -> None:
        """Add `scopes` to what `user_id` has allowed `client_id`, less `refused`.

        A member of `details` replaces the one of that name; None takes it away.
        `expected` is what `find` has just said, which need not be asked again.

        Several tabs may do so at once: a write that is not made from what the row
        still says begins anew.
        """
        for _ in range(ATTEMPTS):
            found = expected or self.find(session, user_id, client_id)
            expected = None
            if found.application_revision is None:
                return  # the client is gone, and what waits for it ends elsewhere
            scope = " ".join(sorted(found.scopes - refused | scopes))
            values = {
                "_at": now(),
                "_until": expires_at,
                "_new_scope": scope,
                "_new_details": _merged(found.details, details),
            }
            if found.id is not None:
                bound = {
                    **values,
                    "_key": found.id,
                    "_old_scope": found.written,
                    "_replaced_at": found.updated_at,
                }
                done = execute(session, self._update, bound) == 1
            else:
                done = self._added(session, user_id, client_id, values)
            if done:
                return

    def _added(
        self, session: Session, user_id: str, client_id: str, values: dict[str, Any]
    ) -> bool:
        """Add the row; False where another tab did so in between."""
        row = {
            "id": new_id(),
            "user_id": self._to_user(user_id),
            "client_id": client_id,
            "scope": values["_new_scope"],
            "resource": "",
            "created_at": values["_at"],
            "updated_at": values["_at"],
            "expires_at": values["_until"],
            "details": values["_new_details"],
        }
        try:
            with session.begin_nested():
                execute(session, self._insert, row)
        except IntegrityError:
            return False
        return True

    def narrow(
        self, session: Session, user_id: str, client_id: str, scopes: frozenset[str]
    ) -> None:
        """Remove `scopes` from the consent; the rest stays as long as before."""
        found = self.find(session, user_id, client_id)
        if found.scopes & scopes:
            self.remember(
                session,
                user_id,
                client_id,
                frozenset(),
                found.expires_at,
                refused=scopes,
                expected=found,
            )

    def delete(self, session: Session, user_id: str, client_id: str) -> bool:
        """Delete the consent, not its grants; return whether there was one."""
        bound = {"_for_user": self._to_user(user_id), "_for_client": client_id}
        return execute(session, self._delete, bound) > 0

    def delete_of_client(self, session: Session, client_id: str) -> int:
        """Delete the consents of all users to `client_id`; return their number."""
        return execute(session, self._delete_of_client, {"_for_client": client_id})
