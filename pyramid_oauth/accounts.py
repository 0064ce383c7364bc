"""Adapter between the server and the resource owners of the host.

RFC 6749 section 1.1 (resource owner), OpenID Connect Core section 2 (`sub`). A host
subclasses `Accounts` and registers it by directive or setting. The library knows a
user only by an opaque string, the subject.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pyramid.security import forget
from sqlalchemy import ColumnElement, Select

from pyramid_oauth.interfaces.request import AnyRequest, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The resource owner who is logged in, as the login session knows them.

    Attributes:
        subject: The opaque identifier of the user.
        display_name: The name that our pages show.
        email: The mail address beside it, so that users of several accounts see which
            one it is; "" shows none.
        auth_time: When *this session* authenticated (aware), not when the account last
            did. Without it `max_age` and `prompt=login` cannot be honored, and such
            requests get `login_required`.
        selected_at: When the user last chose this account among several (aware).
        session_id: The identifier of the session in the host; clients see a digest of
            it (`sid`).
        acr: The authentication context class (OpenID Connect Core section 2), the
            strongest one of this login.
        weaker_acrs: Further classes that this login satisfies. Tokens name the class
            that the client requested, where the login satisfies it.
        amr: The authentication methods (RFC 8176).
    """

    subject: str
    display_name: str = ""
    email: str = ""
    auth_time: datetime | None = None
    selected_at: datetime | None = None
    session_id: str | None = None
    acr: str | None = None
    weaker_acrs: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()

    def choose_acr(self, requested: Iterable[str]) -> str | None:
        """Return the first requested class that this login satisfies, or None."""
        for acr in requested:
            if acr == self.acr or acr in self.weaker_acrs:
                return acr
        return None


@dataclass(frozen=True, slots=True)
class Owner:
    """The principal of the user who owns a resource, in an `__acl__` of Pyramid.

    It is equal to no text, and so to no principal that a security policy makes of the
    name of a user or group.

    Attributes:
        subject: The subject of the user.
    """

    subject: str


_CLAIMS_ROW = "_pyramid_oauth_claims_row"
"""The attribute of a request that has a subject and their row of `claims_rows`."""

REASONS = ("login", "reauthenticate", "select_account", "create", "step_up")
"""The reasons for a redirect to the login page; see `Accounts.login_url`."""


class UnsupportedIdentifier(ValueError):
    """Users of the host cannot be found by an identifier of this format."""


class Accounts:
    """Resource owners of the host; the default uses Pyramid's security policy.

    Args:
        login_url: Path or URL of the login page.
    """

    def __init__(self, login_url: str = "/login") -> None:
        self._login_url = login_url

    def current(self, request: AnyRequest) -> Account | None:
        """Return the resource owner who is logged in at this browser, or None."""
        subject = request.authenticated_userid
        if subject is None:
            return None
        return Account(subject=str(subject), display_name=str(subject))

    def login_url(
        self,
        request: AnyRequest,
        return_to: str,
        *,
        reason: str,
        hints: Mapping[str, str],
    ) -> str:
        """Return the URL of the login page.

        Args:
            request: The authorization request, or the request to one of our pages.
            return_to: The URL to which the browser returns after the login.
            reason: One of `REASONS`: no user is logged in ("login"); a fresh login is
                required although there is a session ("reauthenticate"); the user must
                choose an account ("select_account", which renews `selected_at` or
                `auth_time`), sign up ("create"), or reach one of the hint `acr_values`
                ("step_up"). The last three occur with and without a session. A login
                that is later than the request meets each of them, so keep the fractions
                of a second in `auth_time`.
            hints: Request parameters: `login_hint`, `ui_locales`, `claims_locales`,
                `display`, `acr_values`, `max_age`; the `client_id` of the application;
                and the verified `redirect_uri`, to which the browser may be redirected
                directly after your form is sent. Your page gets all that it may show
                from `request.oauth.waiting_request(return_to)`; put no `login_hint`
                into the URL, since it may tell of a person.

        Returns:
            A path or URL.
        """
        query = {"next": return_to}
        if reason != "login":
            query["reason"] = reason
        mark = "&" if "?" in self._login_url else "?"
        return f"{self._login_url}{mark}{urlencode(query)}"

    def can_step_up(
        self, request: AnyRequest, account: Account, acr_values: Iterable[str]
    ) -> bool:
        """Whether another login of this user can reach one of these classes.

        OpenID Connect Core section 3.1.2.1: `acr_values` is voluntary. Only if this
        returns True does such a request lead a user who is logged in to the login page,
        once. The default leads nobody there.

        Args:
            request: The authorization request.
            account: Who is logged in, by a login of none of these classes.
            acr_values: The requested classes, the preferred one first.
        """
        return False

    def claims(self, request: AnyRequest, subject: str) -> Mapping[str, Any]:
        """Return the claims about `subject` (OpenID Connect Core section 5.1).

        Return all of them: the server releases only the granted ones. Dates, UUIDs,
        decimals and sets are serialized to JSON (`updated_at` as seconds, `birthdate`
        as a day); a value that JSON cannot represent is left out and logged.
        """
        return {}

    def claims_rows(self) -> Select[Any] | None:
        """Return the selection of what `claims` reads about each user, or None.

        If accounts are in the same database, the UserInfo endpoint joins the selection
        to the look-up of the access token. `claims` gets the row from `claims_row`, so
        that the request takes one statement.

        The selection has one row for each user, and a column `subject` of the type
        that the tokens' `user_id` has.
        """
        return None

    def claims_row(self, request: AnyRequest, subject: str) -> Any | None:  # noqa: ANN401 - of the host's columns
        """Return the row of `claims_rows` that was read with the access token.

        None where there was no such token: then `claims` runs a statement of its own.
        """
        kept: tuple[str, Any] | None = request.__dict__.get(_CLAIMS_ROW)
        return None if kept is None or kept[0] != subject else kept[1]

    def search(
        self, request: AnyRequest, text: str, *, offset: int, limit: int
    ) -> Sequence[Account]:
        """Return the accounts that an administrator looks for, in a stable order.

        The default returns none, and the pages of administration then list the
        subjects that have grants.

        Args:
            request: The request.
            text: A part of a name, or a subject; "" for all.
            offset: The number of accounts on the pages before.
            limit: The largest number of accounts.
        """
        return ()

    def log_out(self, request: AnyRequest) -> None:
        """End the login session at this browser (RP-Initiated Logout section 2).

        The default calls Pyramid's `forget` and sends its headers with the response.
        """
        headers = forget(request)
        request.add_response_callback(
            lambda _, response: response.headerlist.extend(headers)
        )

    def is_active(self, request: AnyRequest, subject: str) -> bool:
        """Whether tokens of `subject` are valid; False for a disabled user."""
        return True

    def active_clause(self, subject: ColumnElement[Any]) -> ColumnElement[bool] | None:
        """Return `is_active` as an SQL condition on the column `subject`, or None.

        If accounts are in the same database, the condition becomes part of the token
        look-up, so that a bearer check takes one statement.
        """
        return None

    def login_rows(
        self, subject: ColumnElement[Any], session_id: ColumnElement[Any]
    ) -> Select[Any] | None:
        """Return the selection of the stored row of a login session, or None.

        If login sessions are in the same database, the statement that stores a grant
        locks this row, and stores nothing once the row is deleted. So an authorization
        request that was under way leaves no grant behind when the session ends. Delete
        the rows of sessions before grants are ended.

        Args:
            subject: The subject, as a parameter of the statement.
            session_id: `Account.session_id`, as a parameter of the statement.
        """
        return None

    def find_subject(
        self, request: AnyRequest, identifier: Mapping[str, str]
    ) -> str | None:
        """Return the subject whom an identifier names, also of a disabled user.

        The extension `global_token_revocation` asks. The default takes an opaque
        identifier for the subject, without knowing whether there is such a user.

        Args:
            request: The request.
            identifier: `format` and the members of that format (RFC 9493): `opaque`
                with `id`; `email` with `email`; `iss_sub` with `iss` and `sub` of
                another issuer; `phone_number`; `account`; and others.

        Returns:
            The subject; None if there is no such user.

        Raises:
            UnsupportedIdentifier: Users cannot be found by this format.
        """
        if identifier["format"] != "opaque":
            raise UnsupportedIdentifier(identifier["format"])
        return identifier["id"]

    def authenticate_password(
        self, request: AnyRequest, username: str, password: str
    ) -> str | None:
        """Return the subject of valid credentials, else None.

        RFC 6749 section 4.3; only the password grant of `profile = legacy` calls it.
        """
        return None


def keep_claims_row(request: Request, subject: str, row: Any) -> None:  # noqa: ANN401 - of the host's columns
    """Keep the row of `Accounts.claims_rows` that was read with an access token."""
    request.__dict__[_CLAIMS_ROW] = subject, row
