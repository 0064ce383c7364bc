"""The logout endpoint (OpenID Connect RP-Initiated Logout 1.0).

A request that proves itself logs out at once, any other asks the person. Errors are
shown; nobody is redirected to an address that was not registered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import login_session
from pyramid_oauth.browser.locale import choose_language
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.extensions.logout import pages
from pyramid_oauth.extensions.logout import request as asking
from pyramid_oauth.extensions.logout.end_session import (
    Frames,
    end,
    end_expired_session,
    log_out,
    switch_user,
)
from pyramid_oauth.http.forms import is_csrf_valid, read_form, read_query
from pyramid_oauth.http.responses import commit_transaction, not_allowed, see_other
from pyramid_oauth.http.urls import with_members
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.pages.cross_site_post import replay_same_site
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.server import Server
from pyramid_oauth.tree import Endpoint

METHODS = ("GET", "POST")

log = logging.getLogger(__name__)


class EndSession(Endpoint):
    """`end_session`."""


def end_session(context: EndSession, request: Any) -> Response:
    """A client's request by GET or POST, or what our own page posts (section 2)."""
    server: Server = request.oauth.server
    if request.method not in METHODS:
        return not_allowed(*METHODS)
    try:
        if request.method == "POST":
            given = read_form(request, server.settings.body_limit)
        else:
            given = read_query(request)
    except OAuth2Error as error:
        return error_page(request, error, error.status_code)
    choose_language(request, server, given.get("ui_locales"))
    account = current_resource_owner(request, server)
    if request.method == "POST" and "decision" in given:
        return _decided(request, given, account)
    again = replay_same_site(request, given, account)
    return again or _asked(request, given, account)


def _asked(request: Any, given: dict[str, str], account: Account | None) -> Response:
    try:
        asked = asking.read(request, given)
        if account is None:
            return _without_login(request, asked)
        if asked.is_about(request, account):
            return _logged_out(request, asked, account)
    except OAuth2Error as error:
        return _refused(request, error, account)
    handed_on = {name: given[name] for name in asking.HANDED_ON if name in given}
    return pages.ask(
        request,
        account,
        application=asked.application,
        leads_away=asked.redirect_uri is not None,
        handed_on=handed_on,
    )


def _without_login(request: Any, asked: asking.LogoutRequest) -> Response:
    """Nobody is left to be asked; who is not known is not sent off either.

    Section 3: a registered URI alone would make a redirector of this endpoint, for
    whoever may register a client (RFC 9700 section 4.11.2).
    """
    if asked.redirect_uri is not None and not _is_vouched_for(request, asked):
        return pages.done(request, (), _return_uri(asked), by_itself=False)
    return _finished(request, asked, end_expired_session(request, asked))


def _is_vouched_for(request: Any, asked: asking.LogoutRequest) -> bool:
    """Whether the hint speaks for the way back.

    One of a client that registered itself may have been made for whoever wants to
    send people there: it counts in the browser that had its session.
    """
    if asked.hint is None:
        return False
    if asked.application.source != REGISTRATION:
        return True
    former = login_session.previous_session_id(request)
    return former is not None and asked.names_session(request, former)


def _decided(request: Any, given: dict[str, str], account: Account | None) -> Response:
    """What the person answered; the request behind it is verified again."""
    if not is_csrf_valid(request, given.get("csrf_token", "")):
        forged = InvalidRequestError(description="The form has no valid CSRF token.")
        return error_page(request, forged, 403)
    if given["decision"] != "logout":
        return pages.done(request, logged_out=False)
    try:
        asked = asking.read(request, given)
    except OAuth2Error as error:
        return _refused(request, error, account)
    if account is None:
        return _finished(request, asked, ())
    return _logged_out(request, asked, account)


def _logged_out(
    request: Any, asked: asking.LogoutRequest, account: Account
) -> Response:
    frames = log_out(request, account, asked.client_id)
    return _finished(request, asked, frames)


def _finished(
    request: Any, asked: asking.LogoutRequest, frames: tuple[str, ...]
) -> Response:
    """Back to the client, by way of a page where others are told in frames."""
    uri = _return_uri(asked)
    if uri is None or frames:
        return pages.done(request, frames, uri)
    return see_other(uri)


def _return_uri(asked: asking.LogoutRequest) -> str | None:
    uri, state = asked.redirect_uri, asked.parameters.get("state")
    if uri is None or state is None:
        return uri
    return with_members(uri, {"state": state}, fragment=False)


def _refused(request: Any, error: OAuth2Error, account: Account | None) -> Response:
    """Show the error; whoever is logged in can still log out (section 4)."""
    log.warning("logout request refused: %s", error.description)
    if account is None or error.status_code != 400:
        return error_page(request, error, error.status_code)
    return commit_transaction(request, pages.ask(request, account, problem=error.error))


def log_out_person(request: Any, next_url: str) -> Response:
    """Log the person at this browser out, here and at every client.

    Answer the request of your own logout page (a POST, checked against forgery) with
    the response of `request.oauth.log_out(next_url)`. Call it while the person is still
    logged in: it calls `Accounts.log_out`.

    Args:
        next_url: Where the response leads, where clients ask for it by way of a page
            that loads their logout pages (Front-Channel Logout).
    """
    server: Server = request.oauth.server
    account = current_resource_owner(request, server)
    if account is None:
        server.accounts.log_out(request)
        return see_other(next_url)
    return _lead_on(request, log_out(request, account), next_url)


def log_in_person(
    request: Any, subject: str, begin: Callable[[], None], next_url: str
) -> Response:
    """Have `begin` begin a session of `subject`; end the one of somebody else.

    The clients of the former person are told, as at a logout. Answer your login form
    with the response of `request.oauth.log_in(subject, begin, next_url)`.

    Args:
        subject: The person who logs in.
        begin: Begins the session, such as by the host's own cookie.
        next_url: Where the response leads, by way of a page that loads the clients'
            logout pages where there are any.
    """
    former = current_resource_owner(request, request.oauth.server)
    frames: Frames = ()
    if former is not None and former.subject != subject:
        frames = switch_user(request, former)
    begin()
    return _lead_on(request, frames, next_url, changed=True)


def end_sessions(request: Any, subject: str, session_ids: Iterable[str]) -> None:
    """Tell the clients that login sessions of `subject` at other browsers ended.

    Call it when you end a session from elsewhere: by an administrator, by "log out
    everywhere". Tokens die and clients are notified as at a logout; only pages that
    clients load in the browser (Front-Channel Logout) cannot be loaded.

    Args:
        subject: Whose sessions they are.
        session_ids: What `Account.session_id` is in those sessions.
    """
    for session_id in session_ids:
        account = Account(subject=subject, session_id=session_id)
        end(request, login_session.session_ids(request, account), subject, None)


def _lead_on(
    request: Any, frames: Frames, next_url: str, *, changed: bool = False
) -> Response:
    if not frames:
        return see_other(next_url)
    return pages.done(request, frames, next_url, changed=changed)
