"""How the OAuth server meets the people of the ready-made server.

A log-in lives in the signed session cookie; whether the person may still log in is
one EXISTS that rides along in the statement which looks a token up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, exists, select

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.clock import now, timestamp
from pyramid_oauth.models.secret import new_credential
from pyramid_oauth.standalone.tables import User
from pyramid_oauth.standalone.users import authenticated

KEY = "login"


class StandaloneAccounts(Accounts):
    """The accounts adapter over `User` and the session cookie."""

    def __init__(self, lifetime: int, login_path: str = "/login") -> None:
        super().__init__(login_path)
        self._lifetime = timedelta(seconds=lifetime)

    def current(self, request: Any) -> Account | None:
        """Who is logged in at this browser; asks no database."""
        login = request.session.get(KEY)
        if login is None:
            return None
        auth_time = datetime.fromtimestamp(login["auth_time"], UTC)
        if now() - auth_time >= self._lifetime:
            return None
        return Account(
            subject=login["subject"],
            display_name=login["name"],
            auth_time=auth_time,
            session_id=login["id"],
            amr=("pwd",),
        )

    def login_url(
        self, request: Any, return_to: str, *, reason: str, hints: Mapping[str, str]
    ) -> str:
        """The login page, with the way back and a name to start with."""
        query = {"next": return_to}
        if reason != "login":
            query["reason"] = reason
        if hints.get("login_hint"):
            query["login_hint"] = hints["login_hint"]
        return f"{self._login_url}?{urlencode(query)}"

    def claims(self, request: Any, subject: str) -> Mapping[str, Any]:
        """The standard claims that are kept with the person, and the person's names."""
        asked = select(User.username, User.display_name, User.claims)
        row = request.dbsession.execute(asked.where(User.subject == subject)).first()
        if row is None:
            return {}
        named = {"preferred_username": row.username, "name": row.display_name}
        return {**named, **row.claims}

    def log_out(self, request: Any) -> None:
        """End the session, whoever's it is."""
        request.session.invalidate()

    def is_active(self, request: Any, subject: str) -> bool:
        """Whether the person exists and was not switched off."""
        asked = select(User.is_active).where(User.subject == subject)
        return request.dbsession.scalar(asked) is True

    def active_clause(self, subject: ColumnElement[Any]) -> ColumnElement[bool] | None:
        """The same as SQL, about the column `subject`."""
        return exists().where(User.subject == subject, User.is_active)

    def authenticate_password(
        self, request: Any, username: str, password: str
    ) -> str | None:
        """The subject with these credentials (password grant, `legacy` only)."""
        user = authenticated(request.dbsession, username, password)
        return user.subject if user else None


def log_in(request: Any, user: User) -> None:
    """Begin a session of `user`; nothing of the former one is kept (fixation).

    Whoever only proves again who they are stays in the session that the applications
    know, so that a later log-out reaches all of them.
    """
    former = request.oauth.accounts.current(request)
    same = former is not None and former.subject == user.subject
    request.session.invalidate()
    request.session[KEY] = {
        "subject": user.subject,
        "name": user.display_name or user.username,
        "auth_time": timestamp(),
        "id": former.session_id if same else new_credential(16),
    }
