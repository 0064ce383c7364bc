"""Statements that only the pages of administration use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, connection, subject_converter
from pyramid_oauth.extensions.administration.pages import LIMIT
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.bundle import Models


class AdministrationViews:
    """Lists for administrators; the statements select no credential."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self._class = models.Application
        self._application = columns_of(models.Application)
        self._grant = columns_of(models.Grant)
        self._token = columns_of(models.AccessToken)
        self._to_user = subject_converter(self._grant["user_id"])
        grant, token = self._grant, self._token
        names = ("id", "client_id", "scope", "created_at", "expires_at")
        self._tokens = select(*(token[name].label(name) for name in names)).select_from(
            models.AccessToken.__table__.join(
                models.Grant.__table__, token["grant_id"] == grant["id"]
            )
        )

    def subjects(self, session: Session, text: str, offset: int) -> list[str]:
        """Return the subjects that have grants, a page of them."""
        user_id = self._grant["user_id"]
        statement = select(user_id).distinct().order_by(user_id).offset(offset)
        if text:
            statement = statement.where(user_id == self._to_user(text))
        rows = connection(session, statement).execute(statement.limit(LIMIT + 1))
        return [str(subject) for subject in rows.scalars()]

    def live_tokens(
        self,
        session: Session,
        subject: str,
        moment: datetime,
        token_id: int | None = None,
        offset: int = 0,
    ) -> Sequence[Any]:
        """Return the valid access tokens of a user, or the one with this key.

        There is one more than `LIMIT` if others follow.
        """
        grant, token = self._grant, self._token
        statement = (
            self._tokens.where(
                grant["user_id"] == self._to_user(subject),
                grant["revoked_at"].is_(None),
                token["revoked_at"].is_(None),
                token["expires_at"] > moment,
            )
            .order_by(token["created_at"].desc(), token["id"].desc())
            .offset(offset)
            .limit(LIMIT + 1)
        )
        if token_id is not None:
            statement = statement.where(token["id"] == token_id)
        return connection(session, statement).execute(statement).all()

    def waiting_registrations(self, session: Session, offset: int) -> Sequence[Any]:
        """Return the clients that registered themselves and were never enabled."""
        names = ("client_id", "name", "redirect_uris", "created_at")
        column = self._application
        statement: Select[Any] = (
            select(*(column[name].label(name) for name in names))
            .where(*self._is_waiting())
            .order_by(column["created_at"], column["client_id"])
            .offset(offset)
            .limit(LIMIT + 1)
        )
        return connection(session, statement).execute(statement).all()

    def find_waiting(
        self, session: Session, client_id: str
    ) -> AbstractApplication | None:
        """Return the row of a client that waits for approval, or None."""
        statement = select(self._class).where(
            self._application["client_id"] == client_id, *self._is_waiting()
        )
        options = {"populate_existing": True}
        found: AbstractApplication | None = session.scalar(
            statement, execution_options=options
        )
        return found

    def _is_waiting(self) -> tuple[ColumnElement[bool], ...]:
        column = self._application
        return (
            column["source"] == REGISTRATION,
            column["disabled_at"] <= column["created_at"],
        )
