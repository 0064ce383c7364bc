"""SELECTs of a consent: by its user, and with the login session of the user.

RFC 6749 section 4.1.1. An authorization request needs both the login and the consent.
Where an accounts adapter reads its login sessions from the same database, one statement
reads the consent to the client too.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    select,
)

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, look_up, prepared
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.consent_records import ConsentRow
from pyramid_oauth.repositories.inserts import is_active_column

MOST_STATEMENTS = 8
"""The most statements of an accounts adapter that are kept with a consent."""

COMPARABLE = (String, Integer)
"""The types of a subject that can be compared in SQL, if both are of the same."""


def select_consent(models: Models, accounts: Accounts) -> Select[Any]:
    """Return the selection of a client, and of the consent of a user to it."""
    consent, application = columns_of(models.Consent), columns_of(models.Application)
    for_user = bindparam("_for_user", type_=consent["user_id"].type)
    source = models.Application.__table__.outerjoin(
        models.Consent.__table__, _is_between(models, for_user)
    )
    return (
        select(*_row(models, accounts, for_user))
        .select_from(source)
        .where(application["client_id"] == bindparam("_for_client"))
    )


class LoginStatements:
    """The statements of accounts adapters, with the consent of the user they find."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._models, self._accounts = models, accounts
        self._known: dict[tuple[Executable, str], Select[Any] | None] = {}

    def with_consent(
        self, login: Select[*tuple[Any, ...]], subject: str
    ) -> Select[Any] | None:
        """Return `login` with the columns of a ConsentRow after its own.

        None where both cannot be read by one statement.

        Args:
            login: The statement by which an accounts adapter finds a login session. It
                is built once.
            subject: Which of its columns has the subject of the user. The parameter
                `_for_client` is the client.
        """
        known, key = self._known, (login, subject)
        if key not in known:
            if len(known) == MOST_STATEMENTS:
                return None
            known[key] = self._build(login, subject)
        return known[key]

    def _build(
        self, login: Select[*tuple[Any, ...]], subject: str
    ) -> Select[Any] | None:
        models, found = self._models, login.subquery()
        application, user = columns_of(models.Application), found.c[subject]
        keys = user.type, columns_of(models.Consent)["user_id"].type
        if not any(all(isinstance(each, kind) for each in keys) for kind in COMPARABLE):
            return None
        source = found.outerjoin(
            models.Application.__table__,
            application["client_id"] == bindparam("_for_client"),
        ).outerjoin(models.Consent.__table__, _is_between(models, user))
        columns = (*found.c, *_row(models, self._accounts, user))
        return look_up(prepared(select(*columns).select_from(source)))


def _is_between(models: Models, user: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition of a consent of `user` to the application."""
    consent, application = columns_of(models.Consent), columns_of(models.Application)
    return and_(
        consent["client_id"] == application["client_id"], consent["user_id"] == user
    )


def _row(
    models: Models, accounts: Accounts, user: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    """Return the columns of a ConsentRow, in their order."""
    consent, application = columns_of(models.Consent), columns_of(models.Application)
    return [
        *(consent[name].label(f"consent_{name}") for name in ConsentRow._fields[:6]),
        application["revision"].label("application_revision"),
        is_active_column(accounts, user),
    ]
