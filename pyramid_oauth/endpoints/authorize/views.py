"""The views: a request arrives, a request is taken up again, a decision is posted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from oauthlib.oauth2.rfc6749.errors import (
    FatalClientError,
    InvalidRequestError,
    OAuth2Error,
)
from pyramid.response import Response

from pyramid_oauth.endpoints.again import asked_again
from pyramid_oauth.endpoints.authorize.answer import error_page, refused
from pyramid_oauth.endpoints.authorize.authorization import Authorization
from pyramid_oauth.endpoints.authorize.node import Authorize, Pending
from pyramid_oauth.endpoints.authorize.owner import resource_owner
from pyramid_oauth.endpoints.authorize.steps.login import before_leaving
from pyramid_oauth.models.records.applications import StaleApplication
from pyramid_oauth.models.secret import digest, same
from pyramid_oauth.protocol import browser
from pyramid_oauth.protocol.answer import not_allowed
from pyramid_oauth.protocol.exchange import ATTEMPTS, busy, was_stale
from pyramid_oauth.protocol.own_form import is_own_form
from pyramid_oauth.protocol.parameters import (
    read_form,
    read_query,
    without_credentials,
)
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import SERVER, Server

log = logging.getLogger(__name__)
Begin = Callable[[], Authorization]
METHODS = ("GET", "POST")
TICKED = frozenset({"scope"})


def authorize(context: Authorize, request: Any) -> Response:
    """A client's request, by GET or POST (RFC 6749 section 3.1)."""
    server: Server = request.registry[SERVER]
    if request.method not in METHODS:
        return refuse(context, request)
    try:
        if request.method == "POST":
            parameters = read_form(request, server.settings.body_limit)
        else:
            parameters = read_query(request)
    except OAuth2Error as error:
        return error_page(request, error, error.status_code)
    parameters = without_credentials(parameters)
    return _again(request, server, parameters) or walk(
        lambda: _begun(request, server, parameters)
    )


def _again(request: Any, server: Server, parameters: dict[str, str]) -> Response | None:
    if request.method != "POST":
        return None
    return asked_again(request, parameters, resource_owner(request, server))


def pending(context: Pending, request: Any) -> Response:
    """Take a request up again: after a login, or to show the consent page."""
    if request.method != "GET":  # Pyramid hands HEAD to views for GET
        return refuse(context, request)
    return _resumed(context, request, None)


def decide(context: Pending, request: Any) -> Response:
    """The resource owner's decision; only allow or deny, never what was asked."""
    server: Server = request.registry[SERVER]
    try:
        form = read_form(request, server.settings.body_limit, repeatable=TICKED)
    except OAuth2Error as error:
        return error_page(request, error, error.status_code)
    if not is_own_form(request, form.get("csrf_token", "")):
        forged = InvalidRequestError(description="The form has no valid CSRF token.")
        return error_page(request, forged, 403)
    return _resumed(context, request, form)


def refuse(context: Any, request: Any) -> Response:
    """405 for any other method; HEAD too, since a GET may make a grant."""
    return not_allowed(*METHODS)


def walk(begin: Begin) -> Response:
    """Take the steps, again from the start where the client turned out outdated."""
    for _ in range(ATTEMPTS):
        authorization = begin()
        try:
            return _walked(authorization)
        except StaleApplication as stale:
            authorization.server.records.applications.forget(stale.client_id)
        except OAuth2Error as error:
            # A request object replaces what the request was made of.
            oauth = authorization.oauth
            if was_stale(oauth):
                continue
            if isinstance(error, FatalClientError):
                log.warning("authorization refused: %s", error.error)
                return error_page(oauth.pyramid, error)
            return before_leaving(authorization, error) or refused(oauth, error)
    return error_page(authorization.request, busy(), 503)


def _walked(authorization: Authorization) -> Response:
    for step in authorization.server.authorize_steps:
        response: Response | None = step(authorization)
        if response is not None:
            return response
    raise RuntimeError("no authorize step answered")


def _begun(
    request: Any, server: Server, parameters: dict[str, str], **known: Any
) -> Authorization:
    oauth = OAuthRequest(request, server, parameters)
    return Authorization(request=request, server=server, oauth=oauth, **known)


def _resumed(context: Pending, request: Any, form: dict[str, str] | None) -> Response:
    server: Server = request.registry[SERVER]
    session = server.session(request)
    row = server.records.authorization_requests.find(session, context.__name__ or "")
    if row is None or not _is_same_browser(request, row):
        expired = InvalidRequestError(
            description="This request has expired or belongs to another browser."
        )
        return error_page(request, expired, 404)
    account = resource_owner(request, server)
    if account is not None and row.user_id not in (None, account.subject):
        other = InvalidRequestError(description="Somebody else began this request.")
        return error_page(request, other, 403)
    if form is not None and row.user_id is None:
        undecided = InvalidRequestError(description="This request asks for a login.")
        return error_page(request, undecided, 409)
    known: dict[str, Any] = {"pending": row, "handle": context.__name__}
    if form is None or account is None:
        return walk(lambda: _begun(request, server, dict(row.parameters), **known))
    if not server.records.authorization_requests.use(session, row.id):
        again = InvalidRequestError(description="This request was answered before.")
        return error_page(request, again, 409)
    known["form"] = form
    return walk(lambda: _begun(request, server, dict(row.parameters), **known))


def _is_same_browser(request: Any, row: Any) -> bool:
    value = browser.present(request)
    if row.browser_digest is None:
        return True
    return value is not None and same(digest(value), row.browser_digest)
