"""Visits, pages and actions: the types that all pages of administration use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Account
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.server import Server, ServerRequest

LIMIT = 50
"""Rows of a page."""

MAX_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request of an administrator to a page.

    Attributes:
        request: The Pyramid request.
        server: The authorization server.
        account: The administrator.
        parameters: Those of the query, or of the form of a POST.
        may_change: Whether the administrator may send forms.
    """

    request: ServerRequest
    server: Server
    account: Account
    parameters: Mapping[str, str]
    may_change: bool

    @property
    def session(self) -> Session:
        """The SQLAlchemy session of the request."""
        return self.server.session(self.request)

    def text(self, name: str) -> str:
        """Return a parameter, "" if it is missing or cannot be stored."""
        value = self.parameters.get(name, "").strip()
        return value if value.isprintable() else ""

    def number(self, name: str) -> int | None:
        """Return a parameter that is a positive integer the database can store."""
        value = self.parameters.get(name, "")
        is_number = value.isascii() and value.isdigit() and len(value) < 19
        return int(value) if is_number else None

    @property
    def page_number(self) -> int:
        """The number of the page of a list, from 0."""
        return min(self.number("page") or 0, MAX_PAGE)

    @property
    def offset(self) -> int:
        """The number of rows on the pages before."""
        return self.page_number * LIMIT

    def client_name(self, client_id: str) -> str:
        """Return the name of a client, or its identifier if it is gone."""
        applications = self.server.repositories.applications
        application = applications.load(self.session, client_id)
        if application is None:
            return client_id
        return ClientInfo.of(application, self.request.locale_name).name


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The result of an action, for the event `AdministratorActed`.

    Attributes:
        user_id: The user whom it is about.
        client_id: The client that it is about.
        target: What was changed; "": the target of the form.
    """

    user_id: str | None = None
    client_id: str | None = None
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of a page.

    Attributes:
        run: Called with the visit and the target in the form. Returns None if there was
            nothing to change: the target is gone, or is no target of this page.
        done: The message that is shown after the action.
        question: The question of the confirmation page; "" if nothing is destroyed.
    """

    run: Callable[[Visit, str], Change | None]
    done: str
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of administration.

    Attributes:
        title: Its title.
        template: The name of its template.
        values: Returns the variables of the template.
        actions: The actions by name.
        kept: Parameters that stay in the URL after an action.
        is_available: Whether the server has the feature that the page manages.
    """

    title: str
    template: str
    values: Callable[[Visit], dict[str, Any]]
    actions: Mapping[str, Action] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    is_available: Callable[[Server], bool] = lambda server: True
