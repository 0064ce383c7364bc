"""What the OAuth server asks about users."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyramid.request import Request
from pyramid_oauth.accounts import Account, Accounts
from sqlalchemy import ColumnElement, select

from {{ cookiecutter.repo_name }}.models import User


class People(Accounts):
    """The subject of a user is the primary key, as text."""

    def current(self, request: Request) -> Account | None:
        """Return the user who is logged in at this browser."""
        user = request.identity
        if user is None:
            return None
        logged_in_at = request.session["logged_in_at"]
        return Account(
            subject=str(user.id),
            display_name=user.name,
            auth_time=datetime.fromtimestamp(logged_in_at, UTC),
            session_id=request.session["session_id"],
        )

    def claims(self, request: Request, subject: str) -> Mapping[str, Any]:
        """Return what an OpenID client may learn (`pyramid_oauth.openid = true`)."""
        user = request.dbsession.get(User, int(subject))
        return {} if user is None else {"preferred_username": user.name}

    def is_active(self, request: Request, subject: str) -> bool:
        """Whether tokens of the user are valid."""
        user = request.dbsession.get(User, int(subject))
        return user is not None and user.is_active

    def active_clause(self, subject: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return `is_active` as a part of the look-up of a token."""
        return select(User.is_active).where(User.id == subject).scalar_subquery()
