"""The one adapter through which resource owners are reached.

A host subclasses `Accounts` and names it by directive or setting. The library never
knows more of a user than an opaque string, the subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pyramid.security import forget
from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The resource owner at the browser, as this login session knows them.

    `auth_time` is when *this session* authenticated, not when the account last did;
    without it `max_age` and `prompt=login` cannot be honoured and are answered with
    `login_required`. `selected_at` is when the person last chose this account among
    several. `session_id` identifies the session in your own books; clients see a
    digest of it (`sid`).
    """

    subject: str
    display_name: str = ""
    auth_time: datetime | None = None
    selected_at: datetime | None = None
    session_id: str | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()


REASONS = ("login", "reauthenticate", "select_account", "create", "step_up")
"""Why a browser is sent to the login page; see `Accounts.login_url`."""


class Accounts:
    """How the server meets resource owners; the default asks Pyramid's policy."""

    def __init__(self, login_url: str = "/login") -> None:
        self._login_url = login_url

    def current(self, request: Any) -> Account | None:
        """The resource owner who is logged in at this browser, or None."""
        subject = request.authenticated_userid
        if subject is None:
            return None
        return Account(subject=str(subject), display_name=str(subject))

    def login_url(
        self, request: Any, return_to: str, *, reason: str, hints: Mapping[str, str]
    ) -> str:
        """Where to send the browser to log in.

        `reason` is one of `REASONS`: nobody is logged in ("login"); a fresh login is
        demanded although there is a session ("reauthenticate"); the person is to
        choose an account ("select_account", afterwards `selected_at` or `auth_time`
        is new), to sign up ("create"), or to log in so that one of the hint
        `acr_values` is reached ("step_up"). The last three come whether or not
        somebody is logged in; each is met by a login that is younger than the request,
        so keep the fractions of a second in `auth_time`.

        `hints` are request parameters: `login_hint`, `ui_locales`, `claims_locales`,
        `display`, `acr_values`, `max_age`; the `client_id` of the application that asks
        (`request.oauth.shown_client` has what your page may show of it); and the proven
        `redirect_uri`, to which the browser may be sent straight after your form.
        Chromium holds that, and where the client redirects on to, against the
        `form-action` of your page.
        """
        query = {"next": return_to}
        if reason != "login":
            query["reason"] = reason
        mark = "&" if "?" in self._login_url else "?"
        return f"{self._login_url}{mark}{urlencode(query)}"

    def claims(self, request: Any, subject: str) -> Mapping[str, Any]:
        """What is known of `subject`, as claims (OpenID Connect Core section 5.1).

        All of it may be returned: only what was granted leaves the server. Dates,
        UUIDs, decimals and sets become what JSON has for them (`updated_at` seconds,
        `birthdate` a day); what it has no place for is left out and logged.
        """
        return {}

    def log_out(self, request: Any) -> None:
        """End the login session at this browser (RP-Initiated Logout section 2).

        The default calls Pyramid's `forget` and sends its headers with the response.
        """
        headers = forget(request)
        request.add_response_callback(
            lambda _, response: response.headerlist.extend(headers)
        )

    def is_active(self, request: Any, subject: str) -> bool:
        """Whether tokens of `subject` still count."""
        return True

    def active_clause(self, subject: ColumnElement[Any]) -> ColumnElement[bool] | None:
        """`is_active` as SQL about the column `subject`, or None.

        Where accounts live in the same database this rides along in the statement
        that looks a token up, so that a bearer check stays one statement.
        """
        return None

    def authenticate_password(
        self, request: Any, username: str, password: str
    ) -> str | None:
        """The subject whose credentials these are (password grant, `legacy` only)."""
        return None
