"""Views and nodes: the authorization endpoint, and a pending request as its child.

RFC 6749 section 3.1.
"""

from __future__ import annotations

from functools import partial

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from pyramid.response import Response

from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.clock import now
from pyramid_oauth.endpoints.authorize.context import NAME, Authorization
from pyramid_oauth.endpoints.authorize.pending import HANDLE
from pyramid_oauth.endpoints.authorize.pipeline import resume, run_pipeline
from pyramid_oauth.errors import AccountChanged, AlreadyAnswered, RequestExpired
from pyramid_oauth.http.forms import (
    read_page_form,
    read_page_json,
    read_parameters,
)
from pyramid_oauth.http.negotiation import (
    JSON,
    is_json,
    redirect_as_json,
    wants_json,
)
from pyramid_oauth.http.responses import not_allowed
from pyramid_oauth.pages.cross_site_post import replay_same_site
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.protocol.endpoints import AuthorizationEndpoint
from pyramid_oauth.protocol.refusals import log_refusal
from pyramid_oauth.repositories.authorization_requests import (
    FoundAuthorizationRequest,
)
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint, Node


class Authorize(Endpoint):
    """`authorize`; a pending request is the child named by its handle."""

    oauthlib = AuthorizationEndpoint

    def __getitem__(self, name: str) -> Node:
        # The view looks the handle up: traversal sends no query.
        if not HANDLE.match(name):
            raise KeyError(name)
        return self.child(Pending, name)


class Pending(Node):
    """A pending authorization request: it waits for a login or for consent."""


METHODS = ("GET", "POST")


def authorize(context: Authorize, request: ServerRequest) -> Response:
    """Answer a client's request, by GET or POST (RFC 6749 section 3.1)."""
    server: Server = request.oauth.server
    if request.method not in METHODS:
        return refuse(context, request)
    known = server.parameters[NAME]
    try:
        limit = server.settings.body_limit
        parameters = read_parameters(request, limit, known.repeatable)
    except OAuth2Error as error:
        return _refuse_by_page(request, error, error.status_code)
    parameters = known.keep_storable(parameters)
    if request.method == "POST":
        account = current_resource_owner(request, server)
        replay = replay_same_site(request, parameters, account, known.private)
        if replay is not None:
            return replay
    answers_json = _mentions_json(request) and wants_json(request)
    begin = partial(
        Authorization, request, server, parameters, answers_json=answers_json
    )
    response = run_pipeline(begin)
    return redirect_as_json(request, response) if answers_json else response


def pending(context: Pending, request: ServerRequest) -> Response:
    """Resume a request: after a login, or to show the consent page."""
    if request.method != "GET":  # Pyramid hands HEAD to views for GET
        return refuse(context, request)
    return _resume(context, request, None)


def decide(context: Pending, request: ServerRequest) -> Response:
    """Take the resource owner's decision.

    The form, or the JSON of a script, says what is allowed; what was requested is read
    from the stored request.
    """
    server: Server = request.oauth.server
    sends_json = _mentions_json(request) and is_json(request)
    read = read_page_json if sends_json else read_page_form
    try:
        form = read(request, server.settings.body_limit, server.consent_kinds)
    except OAuth2Error as error:
        return _refuse_by_page(request, error, error.status_code)
    return _resume(context, request, form)


def refuse(context: object, request: ServerRequest) -> Response:
    """Answer 405 to other methods, HEAD included, since a GET may create a grant."""
    return not_allowed(request, *METHODS)


def _mentions_json(request: ServerRequest) -> bool:
    """Whether negotiation is needed; requests of most browsers mention HTML alone."""
    environ = request.environ
    return JSON in environ.get("HTTP_ACCEPT", "") or JSON in environ.get(
        "CONTENT_TYPE", ""
    )


def _refuse_by_page(
    request: ServerRequest,
    error: OAuth2Error,
    status: int,
    client_id: str | None = None,
) -> Response:
    log_refusal(NAME, client_id, error, request=request)
    return error_page(request, error, status)


def _resume(
    context: Pending, request: ServerRequest, form: dict[str, str] | None
) -> Response:
    server: Server = request.oauth.server
    session = server.session(request)
    requests = server.repositories.authorization_requests
    moment = now()
    row = requests.find(session, context.__name__ or "", moment)
    if row is None or not _is_same_browser(request, row):
        return _refuse_by_page(request, RequestExpired(), 404)
    account = current_resource_owner(request, server)
    if account is not None and row.user_id not in (None, account.subject):
        return _refuse_by_page(request, AccountChanged(), 403, row.client_id)
    if form is not None and row.user_id is None:
        undecided = InvalidRequestError(description="This request asks for a login.")
        return _refuse_by_page(request, undecided, 409, row.client_id)
    if account is None:
        form = None  # the login comes first
    elif form is not None and not requests.mark_used(session, row.id, moment):
        return _refuse_by_page(request, AlreadyAnswered(), 409, row.client_id)
    answers_json = _mentions_json(request) and wants_json(request)
    begin = partial(
        resume, request, server, session, moment, row, account, form, answers_json
    )
    response = run_pipeline(begin)
    return redirect_as_json(request, response) if answers_json else response


def _is_same_browser(request: ServerRequest, row: FoundAuthorizationRequest) -> bool:
    """Whether this browser sent the pending request."""
    digest = row.browser_digest
    return digest is None or binding_cookie.is_bound_to(request, digest)
