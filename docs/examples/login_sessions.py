"""A site that stores its login sessions, so that users can list and end them.

The cookie has a random key, the table its digest: who reads the table is not logged in,
and who copies the cookie is logged out when the row is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.hashing import new_credential, sha256_digest
from pyramid_oauth.interfaces.login_sessions import LoginSessionInfo
from pyramid_oauth.models import UtcDateTime
from pyramid_oauth.typing import OAuthRequest


class Request(OAuthRequest, Protocol):
    """A request to the site."""

    dbsession: Session


class Base(DeclarativeBase):
    """The declarative base of the site."""


class BrowserSession(Base):
    """A browser in which a user is logged in."""

    __tablename__ = "browser_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_digest: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(index=True)
    user_agent: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)


def begin(request: Request, user_id: str) -> None:
    """Begin a login session; the login page calls it."""
    request.session["key"] = key = new_credential()
    request.dbsession.add(
        BrowserSession(
            key_digest=sha256_digest(key),
            user_id=user_id,
            user_agent=(request.user_agent or "")[:200],
            began_at=now(),
        )
    )


def current(request: Request) -> BrowserSession | None:
    """Return the login session of this browser."""
    digest = sha256_digest(request.session.get("key", ""))
    found = select(BrowserSession).where(BrowserSession.key_digest == digest)
    return request.dbsession.scalar(found)


class SiteAccounts(Accounts):
    """The users of the site, as its login sessions know them."""

    def current(self, request: Request) -> Account | None:
        """Return who is logged in at this browser."""
        row = current(request)
        if row is None:
            return None
        return Account(
            subject=row.user_id, auth_time=row.began_at, session_id=str(row.id)
        )

    def log_out(self, request: Request) -> None:
        """End the session of this browser."""
        row = current(request)
        if row is not None:
            request.dbsession.delete(row)
        request.session.invalidate()


class SiteSessions:
    """`LoginSessions` of the site: lists and ends what the table has."""

    def of_user(self, request: Request, subject: str) -> Sequence[LoginSessionInfo]:
        """Return the sessions of a user, the last begun first."""
        return [_describe(request, row) for row in _rows(request, subject)]

    def end(self, request: Request, subject: str, key: str) -> LoginSessionInfo | None:
        """End one session and return it; None if it is none of this user."""
        ended = [row for row in _rows(request, subject) if str(row.id) == key]
        return next(iter(_end(request, ended)), None)

    def end_all(
        self, request: Request, subject: str, *, keep: str | None = None
    ) -> Sequence[LoginSessionInfo]:
        """End the sessions of a user, except `keep`, and return them."""
        ended = [row for row in _rows(request, subject) if str(row.id) != keep]
        return _end(request, ended)


def _rows(request: Request, subject: str) -> Sequence[BrowserSession]:
    found = select(BrowserSession).where(BrowserSession.user_id == subject)
    return request.dbsession.scalars(found.order_by(BrowserSession.id.desc())).all()


def _end(request: Request, rows: Sequence[BrowserSession]) -> list[LoginSessionInfo]:
    ended = [_describe(request, row) for row in rows]
    for row in rows:
        request.dbsession.delete(row)
    return ended


def _describe(request: Request, row: BrowserSession) -> LoginSessionInfo:
    here = current(request)
    return LoginSessionInfo(
        key=str(row.id),
        session_id=str(row.id),
        began_at=row.began_at,
        user_agent=row.user_agent,
        is_current=here is not None and here.id == row.id,
    )


def enter(request: Request) -> Response:
    """The login page, without a password to keep it short."""
    begin(request, request.GET["name"])
    return Response()


def includeme(config: Configurator) -> None:
    """Add the page `sessions`, and say where the sessions are."""
    config.set_oauth_accounts(SiteAccounts)
    config.set_oauth_login_sessions(SiteSessions)
    config.include("pyramid_oauth.extensions.sessions")
    config.add_route("site_login", "/site-login")
    config.add_view(enter, route_name="site_login")
