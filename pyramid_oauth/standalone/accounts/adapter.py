"""The Accounts adapter of the ready-made server.

The session cookie has the key of a session in the database. An EXISTS clause in the
statement that reads a token checks whether the user is active.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pyramid.request import RequestLocalCache
from pyramid.response import Response
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, select

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.browser.locale import language_tags
from pyramid_oauth.database import fetch_one, prepared
from pyramid_oauth.standalone.accounts import (
    directory,
    pending_logins,
    remembered_browsers,
    second_factors,
    sessions,
    step_up_offers,
    trusted_browsers,
)
from pyramid_oauth.standalone.accounts.authentication_context import (
    BY_PASSWORD,
    MULTI_FACTOR,
    PASSWORD,
    Methods,
    has_level,
)
from pyramid_oauth.standalone.accounts.login_context import LoginContext
from pyramid_oauth.standalone.accounts.notices import tell_of_new_browser
from pyramid_oauth.standalone.accounts.pending_logins import methods_of
from pyramid_oauth.standalone.accounts.sessions import Login, SessionLimits
from pyramid_oauth.standalone.accounts.users import UserRow, authenticated, canonical
from pyramid_oauth.standalone.models import LoginSession, User
from pyramid_oauth.standalone.page import see_other
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import OPEN, StandaloneSettings

KEY = "login"

_WHO = User.subject == bindparam("subject")

_IS_ACTIVE = prepared(select(User.is_active).where(_WHO))


class StandaloneAccounts(Accounts):
    """The accounts adapter over `User` and the session cookie."""

    def __init__(self, options: StandaloneSettings) -> None:
        super().__init__()
        self.options = options
        self.limits = SessionLimits(
            timedelta(seconds=options.session_lifetime),
            timedelta(seconds=options.session_idle),
        )

    def current(self, request: Request) -> Account | None:
        """Return the account of the session; one statement, and none without cookie."""
        row = session_of(request)
        if row is None:
            return None
        amr = methods_of(row)
        acrs = self.options.acr_values.reached(amr)
        return Account(
            subject=row.subject,
            display_name=row.display_name or row.username,
            email=row.mail or "",
            auth_time=row.auth_time,
            selected_at=row.selected_at,
            session_id=row.session_id,
            acr=acrs[0],
            weaker_acrs=acrs[1:],
            amr=amr,
        )

    def can_step_up(
        self, request: Request, account: Account, acr_values: Iterable[str]
    ) -> bool:
        """Whether the user is led to a stronger login, and to the factor for it."""
        return step_up_offers.may_offer(request, self.options, acr_values)

    def login_url(
        self, request: Request, return_to: str, *, reason: str, hints: Mapping[str, str]
    ) -> str:
        """Return the URL of the page for `reason`, with return path and languages."""
        entry = LoginContext(
            next=return_to,
            reason=reason,
            ui_locales=" ".join(language_tags(hints.get("ui_locales"))),
            need=self._needed_level(hints.get("acr_values", "")),
        )
        path = self._login_url
        if reason == "select_account" and self.current(request) is not None:
            path = request.route_path("account")
        elif reason == "create" and self.options.sign_up == OPEN:
            path = request.route_path("sign_up")
        return f"{path}?{entry.query}"

    def _needed_level(self, acr_values: str) -> str:
        """Return the level that the waiting request asks for; "" for any."""
        level = self.options.acr_values.required_level(acr_values.split())
        return "" if level in (None, PASSWORD) else level

    def claims(self, request: Request, subject: str) -> Mapping[str, Any]:
        """Return the stored standard claims and the names of the user."""
        row = self.claims_row(request, subject)
        return directory.claims(request.dbsession, subject, row)

    def claims_rows(self) -> Select[Any]:
        """Return the selection of what `claims` reads about each user."""
        return directory.CLAIMS_ROWS

    def search(
        self, request: Request, text: str, *, offset: int, limit: int
    ) -> Sequence[Account]:
        """Return users by a part of their names, or by their subject."""
        return directory.search(request.dbsession, text, offset=offset, limit=limit)

    def is_administrator(self, request: Request) -> bool:
        """Whether the user of this browser administers the server."""
        row = session_of(request)
        return row is not None and bool(row.is_administrator)

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

    def login_rows(
        self, subject: ColumnElement[Any], session_id: ColumnElement[Any]
    ) -> Select[Any] | None:
        """Return the selection of the session with this identifier."""
        return select(1).where(
            LoginSession.subject == subject, LoginSession.session_id == session_id
        )

    def find_subject(
        self, request: Request, identifier: Mapping[str, str]
    ) -> str | None:
        """Return the subject with this key or verified mail address."""
        if identifier["format"] == "email":
            mail = canonical(identifier["email"])
            is_named = and_(User.mail == mail, User.mail_verified)
        else:
            is_named = User.subject == super().find_subject(request, identifier)
        found: str | None = request.dbsession.scalar(
            select(User.subject).where(is_named)
        )
        return found

    def authenticate_password(
        self, request: Request, username: str, password: str
    ) -> str | None:
        """Return the subject with these credentials (password grant, `legacy` only).

        A user with a second factor is refused: this grant cannot request the factor.
        """
        session = request.dbsession
        user = authenticated(session, username, password)
        if user is None or second_factors.is_second_step_due(
            session, self.options, user, BY_PASSWORD
        ):
            return None
        return user.subject


def accounts_of(request: Request) -> StandaloneAccounts:
    """Return the adapter of the ready-made server."""
    accounts: Any = request.oauth.accounts
    found: StandaloneAccounts = accounts
    return found


def log_in(
    request: Request,
    user: UserRow,
    entry: LoginContext,
    amr: Methods = BY_PASSWORD,
    *,
    is_new: bool = False,
) -> Response:
    """Begin a session of `user`, or lead to the second step that the login needs.

    Args:
        request: The request that has authenticated the user.
        user: Who logs in.
        entry: The URL that follows the login.
        amr: How the user has authenticated (RFC 8176).
        is_new: Whether the account was just created.
    """
    options = accounts_of(request).options
    session = request.dbsession
    if second_factors.is_second_step_due(
        session, options, user, amr, entry.need
    ) and not remembered_browsers.is_enough(request, user, entry.need):
        pending_logins.begin(request, user, amr)
        return see_other(f"{request.route_path('second_step')}?{entry.query}")
    if not is_new:
        tell_of_new_browser(request, user)
    return begin_session(request, user, entry.next, Login(amr=amr))


def keep_login(request: Request, user: UserRow, way_back: str) -> Response:
    """Begin a session that continues the one of this browser, as after a new password.

    The new session keeps the methods and the time of the login.
    """
    former = session_of(request)
    if former is None:
        raise RuntimeError("there is no session to continue")
    login = Login(amr=methods_of(former), auth_time=former.auth_time)
    return begin_session(request, user, way_back, login)


def begin_session(
    request: Request, user: UserRow, way_back: str, login: Login
) -> Response:
    """Begin a session of `user` and redirect to `way_back`; end any other session."""
    response: Response = request.oauth.log_in(
        user.subject, lambda: _begin(request, user, login), way_back
    )
    trusted_browsers.trust(request, response, canonical(user.username))
    return response


def _begin(request: Request, user: UserRow, login: Login) -> None:
    """Begin a new session without the data of the former one (session fixation).

    A user who authenticates again keeps the session identifier that the clients know,
    so that a later logout reaches all of them.
    """
    former, accounts = session_of(request), accounts_of(request)
    if former is not None and former.subject == user.subject:
        login = replace(login, session_id=former.session_id)
    accounts.log_out(request)
    request.session[KEY] = sessions.begin(
        request.dbsession, user, accounts.limits, request.user_agent or "", login
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
    """Return the session of this browser with its user; None if nobody is logged in."""
    row: Row[Any] | None = _rows.get_or_create(request)
    return row


def _key(request: Request) -> str | None:
    """Return the key of the session from the cookie."""
    key = request.session.get(KEY)
    return key if isinstance(key, str) else None


def _find(request: Request) -> Row[Any] | None:
    key = _key(request)
    if key is None:
        return None
    accounts = accounts_of(request)
    row = sessions.find(request, key, accounts.limits)
    if row is None or has_level(methods_of(row), MULTI_FACTOR):
        return row
    return None if second_factors.must_have_one(accounts.options, row) else row


_rows = RequestLocalCache(_find)
