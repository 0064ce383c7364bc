"""Adapter between the server and the resource owners of the host.

RFC 6749 section 1.1 (resource owner), OpenID Connect Core section 2 (`sub`). A host
subclasses `Accounts` and registers it by directive or setting. The library knows a
user only by an opaque string, the subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pyramid.security import forget
from sqlalchemy import ColumnElement

from pyramid_oauth.interfaces.request import AnyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The resource owner who is logged in, as the login session knows them.

    Attributes:
        subject: The opaque identifier of the user.
        display_name: The name that our pages show.
        auth_time: When *this session* authenticated (aware), not when the account last
            did. Without it `max_age` and `prompt=login` cannot be honored, and such
            requests get `login_required`.
        selected_at: When the user last chose this account among several (aware).
        session_id: The identifier of the session in the host; clients see a digest of
            it (`sid`).
        acr: The authentication context class (OpenID Connect Core section 2).
        amr: The authentication methods (RFC 8176).
    """

    subject: str
    display_name: str = ""
    auth_time: datetime | None = None
    selected_at: datetime | None = None
    session_id: str | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()


REASONS = ("login", "reauthenticate", "select_account", "create", "step_up")
"""The reasons for a redirect to the login page; see `Accounts.login_url`."""


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

    def claims(self, request: AnyRequest, subject: str) -> Mapping[str, Any]:
        """Return the claims about `subject` (OpenID Connect Core section 5.1).

        Return all of them: the server releases only the granted ones. Dates, UUIDs,
        decimals and sets are serialized to JSON (`updated_at` as seconds, `birthdate`
        as a day); a value that JSON cannot represent is left out and logged.
        """
        return {}

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

    def authenticate_password(
        self, request: AnyRequest, username: str, password: str
    ) -> str | None:
        """Return the subject of valid credentials, else None.

        RFC 6749 section 4.3; only the password grant of `profile = legacy` calls it.
        """
        return None
