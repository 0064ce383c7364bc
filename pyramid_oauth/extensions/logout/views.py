"""The logout endpoint (OpenID Connect RP-Initiated Logout 1.0).

A request whose hint names the login session logs out at once; any other asks the user
first. Errors are shown on a page; only registered URIs are redirected to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import login_session
from pyramid_oauth.browser.locale import choose_language
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.errors import InvalidCsrfToken
from pyramid_oauth.extensions.logout import pages
from pyramid_oauth.extensions.logout.end_session import (
    Frames,
    end,
    end_expired_session,
    log_out,
    switch_user,
)
from pyramid_oauth.extensions.logout.request import (
    CONFIRMED,
    PRIVATE,
    LogoutRequest,
    verify_logout_request,
)
from pyramid_oauth.http.forms import is_csrf_valid, read_parameters
from pyramid_oauth.http.responses import (
    commit_transaction,
    error_answer,
    not_allowed,
    see_other,
)
from pyramid_oauth.http.urls import current_path, with_members
from pyramid_oauth.pages.cross_site_post import replay_same_site
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.protocol.refusals import log_refusal
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint

METHODS = ("GET", "POST")

NO_BROWSER = (
    "No session ended: the request came without one. Redirect the user's browser here."
)

log = logging.getLogger(__name__)


class EndSession(Endpoint):
    """`end_session`: the logout endpoint."""


def end_session(context: EndSession, request: ServerRequest) -> Response:
    """Handle a client's request, or the post of our confirmation page."""
    server: Server = request.oauth.server
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    try:
        parameters = read_parameters(request, server.settings.body_limit)
    except OAuth2Error as error:
        return _error_response(request, error, None, {})
    choose_language(request, server, parameters.get("ui_locales"))
    account = current_resource_owner(request, server)
    if request.method == "POST" and "decision" in parameters:
        return _handle_decision(request, parameters, account)
    replay = None
    if _is_browser(request):
        replay = replay_same_site(request, parameters, account, PRIVATE)
    return replay or _handle_request(request, parameters, account)


def _is_browser(request: ServerRequest) -> bool:
    """Whether a browser sent the request, and not the server of a client.

    Browsers accept HTML where they open a page, also those that send no cookie.
    """
    return bool(request.cookies) or "text/html" in request.headers.get("Accept", "")


def _handle_request(
    request: ServerRequest, parameters: dict[str, str], account: Account | None
) -> Response:
    try:
        logout = verify_logout_request(request, parameters)
        if account is None:
            return _without_login(request, logout)
        if logout.is_about(request, account):
            return _log_out(request, logout, account)
    except OAuth2Error as error:
        return _error_response(request, error, account, parameters)
    handed_on = {name: parameters[name] for name in CONFIRMED if name in parameters}
    return pages.confirmation_page(
        request,
        account,
        application=logout.application,
        leads_to=logout.redirect_uri,
        handed_on=handed_on,
    )


def _without_login(request: ServerRequest, logout: LogoutRequest) -> Response:
    """Respond to a request without a login: no confirmation, and no open redirect.

    Section 3: with a registered URI alone the endpoint would be an open redirector for
    everyone who can register a client (RFC 9700 section 4.11.2).
    """
    uri = _return_uri(logout)
    if uri is not None and request.method == "POST" and not _is_browser(request):
        return _send_browser(request, logout)
    if uri is not None and not _is_redirect_trusted(request, logout):
        outcome = pages.Outcome.NOT_LOGGED_IN
        return pages.result_page(request, (), uri, outcome=outcome, by_itself=False)
    frames = end_expired_session(request, logout)
    if frames is None and uri is None:
        return _nothing_ended(request, logout)
    return _finish(request, logout, frames or ())


def _send_browser(request: ServerRequest, logout: LogoutRequest) -> Response:
    """Tell the server of a client where the browser, which has the session, is to go.

    The hint stays out of the URL, so the person is asked there.
    """
    public = {
        name: value
        for name, value in logout.parameters.items()
        if name in CONFIRMED and name not in PRIVATE
    }
    query = urlencode({**public, "client_id": logout.client_id})
    return see_other(f"{current_path(request)}?{query}")


def _nothing_ended(request: ServerRequest, logout: LogoutRequest) -> Response:
    """Say that no session ended; a client's server gets an error (section 2).

    Its request has no session, whatever hint it has: the session is in the browser.
    """
    log.info("logout request of client %.260r ended no session", logout.client_id)
    if logout.application is None or _is_browser(request):
        return pages.result_page(request, outcome=pages.Outcome.NOT_LOGGED_IN)
    error = InvalidRequestError(description=NO_BROWSER)
    return error_answer(request, error, request.oauth.settings.realm)


def _is_redirect_trusted(request: ServerRequest, logout: LogoutRequest) -> bool:
    """Whether the hint permits an automatic redirect to the client.

    A client that registered itself may be an attacker's; its hint counts only in the
    browser that had its login session.
    """
    if logout.hint is None or logout.application is None:
        return False
    if not logout.application.is_self_service:
        return True
    former = login_session.previous_session_id(request)
    return former is not None and logout.names_session(request, former)


def _handle_decision(
    request: ServerRequest, parameters: dict[str, str], account: Account | None
) -> Response:
    """Handle the post of the confirmation page; verify its request again."""
    if not is_csrf_valid(request, parameters.get("csrf_token", "")):
        return _error_page(request, InvalidCsrfToken(), parameters)
    if parameters["decision"] != "logout":
        return pages.result_page(request, outcome=pages.Outcome.STILL_LOGGED_IN)
    try:
        logout = verify_logout_request(request, parameters)
    except OAuth2Error as error:
        return _error_response(request, error, account, parameters)
    if account is None:
        return _finish(request, logout, ())
    return _log_out(request, logout, account)


def _log_out(
    request: ServerRequest, logout: LogoutRequest, account: Account
) -> Response:
    frames = log_out(request, account, logout.client_id)
    return _finish(request, logout, frames)


def _finish(
    request: ServerRequest, logout: LogoutRequest, frames: tuple[str, ...]
) -> Response:
    """Redirect to the client, after a page with the frames of other clients."""
    uri = _return_uri(logout)
    if uri is None or frames:
        return pages.result_page(request, frames, uri)
    return see_other(uri)


def _return_uri(logout: LogoutRequest) -> str | None:
    uri, state = logout.redirect_uri, logout.parameters.get("state")
    if uri is None or state is None:
        return uri
    return with_members(uri, {"state": state}, fragment=False)


def _error_response(
    request: ServerRequest,
    error: OAuth2Error,
    account: Account | None,
    parameters: dict[str, str],
) -> Response:
    """Show the error; a logged-in user can still log out (section 4)."""
    if account is None or error.status_code != 400:
        return _error_page(request, error, parameters)
    log_refusal("end_session", parameters.get("client_id"), error)
    return commit_transaction(
        request, pages.confirmation_page(request, account, problem=error.error)
    )


def _error_page(
    request: ServerRequest, error: OAuth2Error, parameters: dict[str, str]
) -> Response:
    log_refusal("end_session", parameters.get("client_id"), error, request=request)
    return error_page(request, error, error.status_code)


def log_out_user(request: ServerRequest, next_url: str) -> Response:
    """Log the user of this browser out, here and at every client.

    Answer the request of your own logout page (a POST, checked against forgery) with
    the response of `request.oauth.log_out(next_url)`. Call it while the user is still
    logged in: it calls `Accounts.log_out`.

    Args:
        next_url: The URL to redirect to, if needed after a page that loads the logout
            pages of clients (Front-Channel Logout).
    """
    server: Server = request.oauth.server
    account = current_resource_owner(request, server)
    if account is None:
        server.accounts.log_out(request)
        return see_other(next_url)
    frames = log_out(request, account)
    return _redirect_after_frames(request, frames, next_url, pages.Outcome.LOGGED_OUT)


def log_in_user(
    request: ServerRequest, subject: str, begin: Callable[[], None], next_url: str
) -> Response:
    """Begin a login session of `subject`; end that of another user.

    The clients of the former user are notified, as at a logout. Answer your login form
    with the response of `request.oauth.log_in(subject, begin, next_url)`.

    Args:
        subject: The user who logs in.
        begin: Begins the session, such as by the host's own cookie.
        next_url: The URL to redirect to, if needed after a page that loads the logout
            pages of clients.
    """
    former = current_resource_owner(request, request.oauth.server)
    frames: Frames = ()
    if former is not None and former.subject != subject:
        frames = switch_user(request, former)
    begin()
    outcome = pages.Outcome.ACCOUNT_CHANGED
    return _redirect_after_frames(request, frames, next_url, outcome)


def end_sessions(
    request: ServerRequest, subject: str, session_ids: Iterable[str]
) -> None:
    """End login sessions of `subject` in other browsers, for the clients.

    Call it when an administrator or "log out everywhere" ends a session. Tokens are
    revoked and clients notified as at a logout; only front-channel notifications are
    not possible.

    Args:
        subject: The user.
        session_ids: The `Account.session_id` of those sessions.
    """
    for session_id in session_ids:
        account = Account(subject=subject, session_id=session_id)
        end(request, login_session.session_ids(request, account), subject, None)


def _redirect_after_frames(
    request: ServerRequest, frames: Frames, next_url: str, outcome: pages.Outcome
) -> Response:
    if not frames:
        return see_other(next_url)
    return pages.result_page(request, frames, next_url, outcome=outcome)
