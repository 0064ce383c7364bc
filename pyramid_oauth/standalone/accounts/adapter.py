"""The Accounts adapter of the ready-made server.

The session cookie has the key of a session in the database. An EXISTS clause in the
statement that reads a token checks whether the user is active.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pyramid.request import RequestLocalCache
from pyramid.response import Response
from sqlalchemy import ColumnElement, Row, bindparam, exists, select

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.browser.locale import language_tags
from pyramid_oauth.database import fetch_one, prepared
from pyramid_oauth.standalone.accounts import sessions
from pyramid_oauth.standalone.accounts.login_context import LoginContext
from pyramid_oauth.standalone.accounts.sessions import SessionLimits
from pyramid_oauth.standalone.accounts.users import UserRow, authenticated
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

KEY = "login"

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
"""The `acr` of every login here (OASIS, Authentication Context for SAML 2.0)."""

_WHO = User.subject == bindparam("subject")

_CLAIMS = prepared(select(User.username, User.display_name, User.claims).where(_WHO))

_IS_ACTIVE = prepared(select(User.is_active).where(_WHO))


class StandaloneAccounts(Accounts):
    """The accounts adapter over `User` and the session cookie."""

    def __init__(self, options: StandaloneSettings) -> None:
        super().__init__()
        self._sign_up = options.sign_up
        self.limits = SessionLimits(
            timedelta(seconds=options.session_lifetime),
            timedelta(seconds=options.session_idle),
        )

    def current(self, request: Request) -> Account | None:
        """Return the account of the session; one statement, and none without cookie."""
        row = session_of(request)
        if row is None:
            return None
        return Account(
            subject=row.subject,
            display_name=row.display_name or row.username,
            auth_time=row.auth_time,
            selected_at=row.selected_at,
            session_id=row.session_id,
            acr=PASSWORD,
            amr=("pwd",),
        )

    def login_url(
        self, request: Request, return_to: str, *, reason: str, hints: Mapping[str, str]
    ) -> str:
        """Return the URL of the page for `reason`, with return path and languages."""
        entry = LoginContext(
            next=return_to,
            reason=reason,
            ui_locales=" ".join(language_tags(hints.get("ui_locales"))),
        )
        path = self._login_url
        if reason == "select_account" and self.current(request) is not None:
            path = request.route_path("account")
        elif reason == "create" and self._sign_up:
            path = request.route_path("sign_up")
        return f"{path}?{entry.query}"

    def claims(self, request: Request, subject: str) -> Mapping[str, Any]:
        """Return the stored standard claims and the names of the user."""
        row = fetch_one(request.dbsession, _CLAIMS, {"subject": subject})
        if row is None:
            return {}
        named = {"preferred_username": row.username, "name": row.display_name}
        return {**named, **row.claims}

    def log_out(self, request: Request) -> None:
        """End the session, and with it every copy of its cookie."""
        key = _key(request)
        if key is not None:
            sessions.end(request.dbsession, key)
        request.session.invalidate()
        _rows.set(request, None)

    def is_active(self, request: Request, subject: str) -> bool:
        """Whether the user exists and is active."""
        current = _rows.get(request, None)
        if current is not None and current.subject == subject:
            return True
        row = fetch_one(request.dbsession, _IS_ACTIVE, {"subject": subject})
        return row is not None and bool(row.is_active)

    def active_clause(self, subject: ColumnElement[Any]) -> ColumnElement[bool] | None:
        """Return `is_active` as an SQL expression about the column `subject`."""
        return exists().where(User.subject == subject, User.is_active)

    def authenticate_password(
        self, request: Request, username: str, password: str
    ) -> str | None:
        """Return the subject with these credentials (password grant, `legacy` only)."""
        user = authenticated(request.dbsession, username, password)
        return user.subject if user else None


def accounts_of(request: Request) -> StandaloneAccounts:
    """Return the adapter of the ready-made server."""
    accounts: Any = request.oauth.accounts
    found: StandaloneAccounts = accounts
    return found


def log_in(request: Request, user: UserRow, way_back: str) -> Response:
    """Begin a session of `user` and redirect to `way_back`; end any other session."""
    response: Response = request.oauth.log_in(
        user.subject, lambda: _begin(request, user), way_back
    )
    return response


def _begin(request: Request, user: UserRow) -> None:
    """Begin a new session without the data of the former one (session fixation).

    A user who authenticates again keeps the session identifier that the clients know,
    so that a later logout reaches all of them.
    """
    former, accounts = session_of(request), accounts_of(request)
    if former is not None and former.subject != user.subject:
        former = None
    accounts.log_out(request)
    request.session[KEY] = sessions.begin(
        request.dbsession,
        user,
        accounts.limits,
        request.user_agent or "",
        former.session_id if former is not None else "",
    )
    _rows.clear(request)


def choose(request: Request) -> None:
    """Record that the user chose this account."""
    sessions.choose(request.dbsession, request.session[KEY])
    _rows.clear(request)


def username_of(request: Request) -> str:
    """Return the name of the user who is logged in, or ""."""
    row = session_of(request)
    return row.username if row else ""


def session_of(request: Request) -> Row[Any] | None:
    """The row of this browser's session, with its user; None if nobody is logged in."""
    row: Row[Any] | None = _rows.get_or_create(request)
    return row


def _key(request: Request) -> str | None:
    """The key of the session, from the cookie."""
    key = request.session.get(KEY)
    return key if isinstance(key, str) else None


def _find(request: Request) -> Row[Any] | None:
    key = _key(request)
    if key is None:
        return None
    return sessions.find(request.dbsession, key, accounts_of(request).limits)


_rows = RequestLocalCache(_find)
