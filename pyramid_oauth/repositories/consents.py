"""Stored consents: what a resource owner has allowed a client (RFC 6749 4.1.1)."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BindParameter,
    Update,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import (
    columns_of,
    connection,
    execute,
    fetch_one,
    prepared,
    subject_converter,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import new_id, type_of_own_values
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.repositories.consent_records import (
    NOT_FOUND,
    ConsentChange,
    ConsentRow,
    FoundConsent,
    StoredConsent,
    Withdrawn,
    items_by_kind,
    resources_of,
)
from pyramid_oauth.repositories.consent_selections import (
    LoginStatements,
    select_consent,
)
from pyramid_oauth.repositories.inserts import insert

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
"""How often a consent is written while other requests write it too; after that it is
not stored, and the resource owner is asked again."""


class Consents:
    """The statements on consents.

    Attributes:
        with_login: `LoginStatements.with_consent`.
    """

    def __init__(self, models: Models, accounts: Accounts) -> None:
        consent = columns_of(models.Consent)
        self._to_user = subject_converter(consent["user_id"])
        self._insert = insert(models.Consent, _COLUMNS)
        self._find = prepared(select_consent(models, accounts))
        self.with_login = LoginStatements(models, accounts).with_consent
        self._update = prepared(_replacement(models))
        self._of_user = (
            select(
                *(
                    consent[name].label(name)
                    for name in ("client_id", "scope", "created_at", "details")
                )
            )
            .where(
                consent["user_id"] == bindparam("_for_user"),
                or_(
                    consent["expires_at"].is_(None),
                    consent["expires_at"] > bindparam("_at"),
                ),
            )
            .order_by(consent["created_at"].desc())
        )
        self._delete_of_client = delete(models.Consent.__table__).where(
            consent["client_id"] == bindparam("_for_client")
        )
        self._delete = self._delete_of_client.where(
            consent["user_id"] == bindparam("_for_user")
        )

    def find(
        self,
        session: Session,
        user_id: str,
        application: AbstractApplication,
        moment: datetime,
        row: ConsentRow | None = None,
    ) -> FoundConsent:
        """Return what `user_id` has allowed `application`, as it counts at `moment`.

        Args:
            session: the session.
            user_id: the subject of the user.
            application: the client.
            moment: the time of the request.
            row: what the statement of `with_login` has read; None looks it up.

        Raises:
            StaleApplication: the copy of the application is outdated.
        """
        if row is None:
            found = self._load(session, user_id, application.client_id, moment)
        else:
            found = _consent_at(moment, row)
        if found.application_revision != application.revision:
            raise StaleApplication(application.client_id)
        return found

    def of_user(
        self, session: Session, user_id: str, moment: datetime
    ) -> list[StoredConsent]:
        """Return what `user_id` has allowed, and what counts at `moment`."""
        bound = {"_for_user": self._to_user(user_id), "_at": moment}
        rows = connection(session, self._of_user).execute(self._of_user, bound)
        return [
            StoredConsent(
                client_id=row.client_id,
                scopes=tuple(row.scope.split()),
                created_at=row.created_at,
                resources=resources_of(row.details or {}),
                items=items_by_kind(row.details or {}),
            )
            for row in rows
        ]

    def _load(
        self, session: Session, user_id: str, client_id: str, moment: datetime
    ) -> FoundConsent:
        bound = {"_for_user": self._to_user(user_id), "_for_client": client_id}
        row = fetch_one(session, self._find, bound)
        return NOT_FOUND if row is None else _consent_at(moment, ConsentRow._make(row))

    def remember(
        self,
        session: Session,
        user_id: str,
        client_id: str,
        change: ConsentChange,
        expected: FoundConsent | None = None,
    ) -> None:
        """Change what `user_id` has allowed `client_id`.

        Several tabs may do so at once: a change that was computed from an outdated row
        is computed again.

        Args:
            expected: what `find` has just returned; None looks it up.
        """
        for _ in range(ATTEMPTS):
            found = expected or self._load(session, user_id, client_id, change.made_at)
            expected = None
            if found.application_revision is None:
                return  # the client was deleted; other statements refuse the request
            columns = change.applied_to(found)
            if found.id is not None:
                is_done = self._replace(session, found, columns)
            else:
                is_done = self._add(session, user_id, client_id, columns)
            if is_done:
                return

    def _replace(
        self, session: Session, found: FoundConsent, columns: dict[str, Any]
    ) -> bool:
        """Replace the row; return False if it was replaced since it was found."""
        bound = {
            **{f"_new_{name}": value for name, value in columns.items()},
            "_key": found.id,
            "_found_scope": found.stored_scope,
            "_found_updated_at": found.updated_at,
        }
        return execute(session, self._update, bound) == 1

    def _add(
        self, session: Session, user_id: str, client_id: str, columns: dict[str, Any]
    ) -> bool:
        """Add the row; return False if another request added it meanwhile."""
        row = {
            "id": new_id(),
            "user_id": self._to_user(user_id),
            "client_id": client_id,
            "created_at": columns["updated_at"],
            **columns,
        }
        try:
            with session.begin_nested():
                execute(session, self._insert, row)
        except IntegrityError:
            return False
        return True

    def narrow(
        self,
        session: Session,
        user_id: str,
        client_id: str,
        scopes: frozenset[str],
        moment: datetime,
        withdrawn: Withdrawn = MappingProxyType({}),
    ) -> None:
        """Remove `scopes` and details from the consent; the rest stays as before.

        A consent to nothing is deleted.
        """
        found = self._load(session, user_id, client_id, moment)
        if found.scopes & scopes or (found.details or {}).keys() & withdrawn.keys():
            change = ConsentChange(
                scopes=frozenset(),
                refused=scopes,
                withdrawn=withdrawn,
                made_at=moment,
                expires_at=found.expires_at,
            )
            if change.leaves_nothing_of(found):
                self.delete(session, user_id, client_id)
            else:
                self.remember(session, user_id, client_id, change, expected=found)

    def delete(self, session: Session, user_id: str, client_id: str) -> bool:
        """Delete the consent, not its grants; return whether there was one."""
        bound = {"_for_user": self._to_user(user_id), "_for_client": client_id}
        return execute(session, self._delete, bound) > 0

    def delete_of_client(self, session: Session, client_id: str) -> int:
        """Delete the consents of all users to `client_id`; return their number."""
        return execute(session, self._delete_of_client, {"_for_client": client_id})


def _consent_at(moment: datetime, row: ConsentRow) -> FoundConsent:
    """Return the consent of a row as it counts at `moment`."""
    counts = row.id is not None and (row.expires_at is None or row.expires_at > moment)
    return FoundConsent(
        id=row.id,
        scopes=frozenset((row.scope or "").split()) if counts else frozenset(),
        details=row.details if counts else None,
        created_at=row.created_at if counts else None,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        stored_scope=row.scope,
        application_revision=row.application_revision,
        user_active=row.user_active,
    )


def _replacement(models: Models) -> Update:
    """Return the update of a row that nobody has replaced since it was found.

    Details cannot be compared in SQL; the time of the last replacement stands for them.
    """
    consent = columns_of(models.Consent)

    def parameter(prefix: str, name: str) -> BindParameter[Any]:
        return bindparam(prefix + name, type_=type_of_own_values(consent[name]))

    found = ("scope", "updated_at")
    changed = ("scope", "resource", "details", "updated_at", "expires_at")
    return (
        update(models.Consent.__table__)
        .where(
            consent["id"] == bindparam("_key"),
            *(consent[name] == parameter("_found_", name) for name in found),
        )
        .values({consent[name]: parameter("_new_", name) for name in changed})
    )
