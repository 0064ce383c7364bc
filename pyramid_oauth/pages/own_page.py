"""Pages about the user who is logged in, such as `connections` and `sessions`.

No specification. The first steps of a request to them are the same: method, parameters,
language, login, and the CSRF token of a form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser.locale import choose_language
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.errors import InvalidCsrfToken
from pyramid_oauth.http.forms import is_csrf_valid, read_parameters
from pyramid_oauth.http.responses import not_allowed, see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.pages.rendering import page
from pyramid_oauth.server import Server, ServerRequest

METHODS = ("GET", "HEAD", "POST")

PAGE_SIZE = 20
"""Entries of a page of a list."""

MAX_PAGE = 10_000

PAGE_NUMBER = "page"
"""The parameter with the number of the page of a list, from 0."""

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVisit:
    """A request of a logged-in user to a page of their own.

    Attributes:
        request: The Pyramid request.
        server: The authorization server.
        account: The user.
        parameters: Those of the query, or of the form of a POST.
    """

    request: ServerRequest
    server: Server
    account: Account
    parameters: Mapping[str, str]

    @property
    def page_number(self) -> int:
        """The number of the page of the list, from 0."""
        text = self.parameters.get(PAGE_NUMBER, "")
        is_number = text.isascii() and text.isdigit() and len(text) < 6
        return min(int(text), MAX_PAGE) if is_number else 0

    @property
    def address(self) -> str:
        """The path of this page."""
        return current_path(self.request)

    @property
    def login_url(self) -> str:
        """The URL of the login page, which returns to this page."""
        return login_url(self.request, self.server)

    def entries_of_page(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return the entries of a list that this page shows.

        A number past the end, as after the last entry was removed, is the last page.
        """
        first = self._last_page(entries) * PAGE_SIZE
        return entries[first : first + PAGE_SIZE]

    def page_links(self, entries: Sequence[object]) -> dict[str, str | None]:
        """Return the addresses of the page before and after, None where is none."""
        number = self._last_page(entries)
        has_more = len(entries) > (number + 1) * PAGE_SIZE
        path = f"{self.address}?{PAGE_NUMBER}="
        return {
            "previous_page": f"{path}{number - 1}" if number else None,
            "next_page": f"{path}{number + 1}" if has_more else None,
        }

    def _last_page(self, entries: Sequence[object]) -> int:
        return min(self.page_number, max(0, len(entries) - 1) // PAGE_SIZE)

    def show(
        self, template: str, values: dict[str, Any], images: tuple[str, ...] = ()
    ) -> Response:
        """Render a template, with the variables that every such page has."""
        common = {
            "account_name": self.account.display_name or self.account.subject,
            "account_email": self.account.email,
            "csrf_token": get_csrf_token(self.request),
            "action": self.address,
        }
        return page(self.request, template, {**common, **values}, images=images)


Answer = Callable[[OwnVisit], Response]


def own_page(show: Answer, act: Answer) -> Callable[[object, ServerRequest], Response]:
    """Return the view of a page: `show` answers GET, `act` answers a form.

    Nobody sees the page without a login, and no form without a valid token is handled.
    `act` refuses a request by raising an OAuth2Error.
    """

    def respond(context: object, request: ServerRequest) -> Response:
        if request.method not in METHODS:
            return not_allowed(request, *METHODS)
        try:
            return _answer(request, show, act)
        except OAuth2Error as error:
            return error_page(request, error, error.status_code)

    return respond


def _answer(request: ServerRequest, show: Answer, act: Answer) -> Response:
    server: Server = request.oauth.server
    parameters = read_parameters(request, server.settings.body_limit)
    choose_language(request, server, parameters.get("ui_locales"))
    account = current_resource_owner(request, server)
    if account is None:
        return see_other(login_url(request, server))
    visit = OwnVisit(
        request=request, server=server, account=account, parameters=parameters
    )
    if request.method != "POST":
        return show(visit)
    if not is_csrf_valid(request, parameters.get("csrf_token", "")):
        raise InvalidCsrfToken
    return act(visit)


def login_url(request: ServerRequest, server: Server) -> str:
    """Return the URL of the login page, which returns to the page of `request`."""
    path = current_path(request)
    return server.accounts.login_url(request, path, reason="login", hints={})
