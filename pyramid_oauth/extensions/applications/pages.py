"""Processing that all pages of this extension share: login, permission, errors.

A view here is called with a `Visit`; `as_view` makes the Pyramid view of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser.locale import choose_language
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.clients.drafts import ChangedMeanwhile
from pyramid_oauth.errors import TooManyRequests
from pyramid_oauth.extensions.applications.container import (
    VIEW,
    ApplicationContainer,
    UnknownApplication,
)
from pyramid_oauth.extensions.applications.manager import (
    Manager,
    NotPermitted,
)
from pyramid_oauth.extensions.applications.member_fields import repeatable_fields
from pyramid_oauth.extensions.applications.owner_limits import TooManyApplications
from pyramid_oauth.http.forms import read_page_form, read_query
from pyramid_oauth.http.responses import commit_transaction, not_allowed, see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.i18n import _
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.pages.rendering import page
from pyramid_oauth.protocol.refusals import new_reference
from pyramid_oauth.server import Server, ServerRequest

TEMPLATES = "pyramid_oauth:extensions/applications/templates/"

LISTS = frozenset({"authorization_grant_type", "allowed_scopes", "default_scopes"})
"""The fields of a form that are sent once for each ticked box."""

TOO_MANY_REQUESTS = 429

View = Callable[["Visit"], Response]

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request of a logged-in person to one of the pages.

    Attributes:
        request: The Pyramid request.
        context: The container, or an application that the person may see.
        account: The person.
        manager: What the person may do.
        parameters: Those of the form, whose CSRF token is valid, or of the query.
    """

    request: ServerRequest
    context: Any
    account: Account
    manager: Manager
    parameters: Mapping[str, str]

    @property
    def container(self) -> ApplicationContainer:
        """The node of the list."""
        return self.manager.container

    def path(self, node: object, *elements: str, **query: str) -> str:
        """Return the path of a node, or of a view of it, without a trailing slash."""
        path: str = self.request.resource_path(node, *elements, query=query or None)
        bare, mark, rest = path.partition("?")
        return f"{bare.rstrip('/')}{mark}{rest}"

    def show(
        self,
        template: str,
        status: int = 200,
        images: tuple[str, ...] = (),
        **values: object,
    ) -> Response:
        """Render a template of this extension; see `pages.rendering.page`."""
        everywhere = {
            "account_name": self.account.display_name or self.account.subject,
            "csrf_token": get_csrf_token(self.request),
            "list_path": self.path(self.container),
            "is_administrator": self.manager.is_administrator,
            **values,
        }
        response = page(
            self.request,
            f"{TEMPLATES}{template}.oauth",
            everywhere,
            status,
            images=images,
        )
        return response if status < 400 else commit_transaction(self.request, response)

    def message(self, status: int, title: str, text: str) -> Response:
        """Render a page with one message."""
        translate = self.request.localizer.translate
        reference = None
        if status == TOO_MANY_REQUESTS:
            reference = new_reference(self.request)
            path = self.request.path
            log.info(
                "429 %s of %s (reference %s)", path, self.manager.subject, reference
            )
        return self.show(
            "message",
            status,
            title=translate(title),
            text=translate(text),
            reference=reference,
        )


def repeatable(server: Server) -> frozenset[str]:
    """Return the form fields that may have several values."""
    return LISTS | repeatable_fields(server)


def as_view(view: View, *methods: str) -> Callable[[Any, ServerRequest], Response]:
    """Return the Pyramid view of `view`, for `methods` only."""

    def respond(context: Any, request: ServerRequest) -> Response:  # noqa: ANN401 - the host's class
        if request.method not in methods:
            return not_allowed(request, *methods)
        try:
            visit = _visit(context, request, request.oauth.server)
            return visit if isinstance(visit, Response) else _answer(view, visit)
        except OAuth2Error as error:
            return error_page(request, error, error.status_code)

    return respond


def _visit(
    context: Any,  # noqa: ANN401 - the host's class
    request: ServerRequest,
    server: Server,
) -> Visit | Response:
    """Return the visit; a response if nobody is logged in.

    Raises:
        HTTPNotFound: The application does not exist, or the person may not see it.
        OAuth2Error: The form or query is malformed, or the CSRF token is invalid.
    """
    if request.method == "POST":
        parameters = read_page_form(
            request, server.settings.body_limit, repeatable(server)
        )
    else:
        parameters = read_query(request)
    choose_language(request, server, parameters.get("ui_locales"))
    account = current_resource_owner(request, server)
    if account is None:
        path = current_path(request)
        url = server.accounts.login_url(request, path, reason="login", hints={})
        return see_other(url)
    if isinstance(context, UnknownApplication):
        raise HTTPNotFound
    is_container = isinstance(context, ApplicationContainer)
    container = context if is_container else context.__parent__
    manager = Manager(request, container, account.subject)
    if isinstance(context, AbstractApplication) and not manager.may(VIEW, context):
        raise HTTPNotFound
    return Visit(
        request=request,
        context=context,
        account=account,
        manager=manager,
        parameters=parameters,
    )


def _answer(view: View, visit: Visit) -> Response:
    """Call the view; convert its exceptions to error pages."""
    try:
        return view(visit)
    except NotPermitted:
        return visit.message(
            403,
            _("You may not do this"),
            _("Only administrators of this site may do it."),
        )
    except ChangedMeanwhile:
        return visit.message(
            409,
            _("It has been changed meanwhile"),
            _("Nothing is stored. Look at the application as it is now."),
        )
    except TooManyApplications:
        return visit.message(
            403,
            _("You have as many applications as you may"),
            _("Delete one that you do not need any more."),
        )
    except TooManyRequests as error:
        response = visit.message(
            TOO_MANY_REQUESTS,
            _("You have registered many applications"),
            _("Try again in an hour."),
        )
        response.headers.update(error.headers)
        return response
