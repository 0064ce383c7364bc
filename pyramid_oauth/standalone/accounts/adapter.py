"""The Accounts adapter of the ready-made server.

The signed session cookie holds the login. An EXISTS clause in the statement that reads
a token checks whether the user is active.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pyramid.response import Response
from sqlalchemy import ColumnElement, bindparam, exists, select

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import fetch_one, prepared
from pyramid_oauth.hashing import new_credential
from pyramid_oauth.standalone.accounts.login_context import LoginContext, languages
from pyramid_oauth.standalone.accounts.users import (
    MOST_USERNAME,
    UserRow,
    authenticated,
)
from pyramid_oauth.standalone.models import User

KEY = "login"

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
"""The `acr` of every login here (OASIS, Authentication Context for SAML 2.0)."""

_WHO = User.subject == bindparam("subject")

_CLAIMS = prepared(select(User.username, User.display_name, User.claims).where(_WHO))

_IS_ACTIVE = prepared(select(User.is_active).where(_WHO))


class StandaloneAccounts(Accounts):
    """The accounts adapter over `User` and the session cookie."""

    def __init__(self, lifetime: int, *, sign_up: bool = False) -> None:
        super().__init__()
        self._lifetime = timedelta(seconds=lifetime)
        self._sign_up = sign_up

    def current(self, request: Any) -> Account | None:
        """Return the account of the session cookie; runs no SQL statement."""
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
            selected_at=_moment(login.get("selected_at")),
            session_id=login["id"],
            acr=PASSWORD,
            amr=("pwd",),
        )

    def login_url(
        self, request: Any, return_to: str, *, reason: str, hints: Mapping[str, str]
    ) -> str:
        """Return the URL of the page for `reason`, with return path and hints."""
        entry = LoginContext(
            next=return_to,
            reason=reason,
            hint=hints.get("login_hint", "")[:MOST_USERNAME],
            client_id=hints.get("client_id", ""),
            ui_locales=languages(hints.get("ui_locales", "")),
        )
        path = self._login_url
        if reason == "select_account" and self.current(request) is not None:
            path = request.route_path("account")
        elif reason == "create" and self._sign_up:
            path = request.route_path("sign_up")
        return f"{path}?{entry.query}"

    def claims(self, request: Any, subject: str) -> Mapping[str, Any]:
        """Return the stored standard claims and the names of the user."""
        row = fetch_one(request.dbsession, _CLAIMS, {"subject": subject})
        if row is None:
            return {}
        named = {"preferred_username": row.username, "name": row.display_name}
        return {**named, **row.claims}

    def log_out(self, request: Any) -> None:
        """End the session."""
        request.session.invalidate()

    def is_active(self, request: Any, subject: str) -> bool:
        """Whether the user exists and is active."""
        row = fetch_one(request.dbsession, _IS_ACTIVE, {"subject": subject})
        return row is not None and bool(row.is_active)

    def active_clause(self, subject: ColumnElement[Any]) -> ColumnElement[bool] | None:
        """Return `is_active` as an SQL expression about the column `subject`."""
        return exists().where(User.subject == subject, User.is_active)

    def authenticate_password(
        self, request: Any, username: str, password: str
    ) -> str | None:
        """Return the subject with these credentials (password grant, `legacy` only)."""
        user = authenticated(request.dbsession, username, password)
        return user.subject if user else None


def log_in(request: Any, user: UserRow, way_back: str) -> Response:
    """Begin a session of `user` and redirect to `way_back`; end any other session."""
    response: Response = request.oauth.log_in(
        user.subject, lambda: _begin(request, user), way_back
    )
    return response


def _begin(request: Any, user: UserRow) -> None:
    """Begin a new session without the data of the former one (session fixation).

    A user who authenticates again keeps the session identifier that the clients know,
    so that a later logout reaches all of them.
    """
    former = request.oauth.accounts.current(request)
    same = former is not None and former.subject == user.subject
    request.session.invalidate()
    request.session[KEY] = {
        "subject": user.subject,
        "name": user.display_name or user.username,
        # With fractions: a log-in must be told from a request in the same second.
        "auth_time": now().timestamp(),
        "username": user.username,
        "id": former.session_id if same else new_credential(16),
    }


def choose(request: Any) -> None:
    """Record that the user chose this account."""
    login = request.session[KEY]
    request.session[KEY] = {**login, "selected_at": now().timestamp()}


def username_of(request: Any) -> str:
    """Return the name of the user who is logged in, or ""."""
    login = request.session.get(KEY) or {}
    name: str = login.get("username", "")
    return name


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
