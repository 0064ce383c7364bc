"""The logout endpoint (OpenID Connect RP-Initiated Logout 1.0).

A request that proves itself logs out at once, any other asks the person. Errors are
shown; nobody is redirected to an address that was not registered.
"""

from __future__ import annotations

import logging
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.accounts import Account
from pyramid_oauth.endpoints.again import asked_again
from pyramid_oauth.endpoints.authorize.answer import (
    error_page,
    see_other,
    with_members,
)
from pyramid_oauth.endpoints.authorize.language import choose_language
from pyramid_oauth.endpoints.authorize.owner import resource_owner
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.pages import logout as pages
from pyramid_oauth.protocol import session
from pyramid_oauth.protocol.answer import committed, not_allowed
from pyramid_oauth.protocol.logout import asked as asking
from pyramid_oauth.protocol.logout import backchannel, ending, frontchannel
from pyramid_oauth.protocol.own_form import is_own_form
from pyramid_oauth.protocol.parameters import read_form, read_query
from pyramid_oauth.server import SERVER, SETTINGS, Server
from pyramid_oauth.tree import Endpoint

METHODS = ("GET", "POST")
log = logging.getLogger(__name__)


class EndSession(Endpoint):
    """`end_session`."""


def end_session(context: EndSession, request: Any) -> Response:
    """A client's request by GET or POST, or what our own page posts (section 2)."""
    server: Server = request.registry[SERVER]
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
    account = resource_owner(request, server)
    if request.method == "POST" and "decision" in given:
        return _decided(request, given, account)
    again = asked_again(request, given, account)
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


def _without_login(request: Any, asked: asking.Asked) -> Response:
    """Nobody is left to be asked; who is not known is not sent off either.

    Section 3: a registered URI alone would make a redirector of this endpoint, for
    whoever may register a client (RFC 9700 section 4.11.2).
    """
    if asked.redirect_uri is not None and not _is_vouched_for(request, asked):
        return pages.done(request, (), _return_uri(asked), by_itself=False)
    return _finished(request, asked, ending.end_former(request, asked))


def _is_vouched_for(request: Any, asked: asking.Asked) -> bool:
    """Whether the hint speaks for the way back.

    One of a client that registered itself may have been made for whoever wants to
    send people there: it counts in the browser that had its session.
    """
    if asked.hint is None:
        return False
    if asked.application.source != REGISTRATION:
        return True
    former = session.former(request)
    return former is not None and asked.names_session(request, former)


def _decided(request: Any, given: dict[str, str], account: Account | None) -> Response:
    """What the person answered; the request behind it is verified again."""
    if not is_own_form(request, given.get("csrf_token", "")):
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


def _logged_out(request: Any, asked: asking.Asked, account: Account) -> Response:
    frames = ending.log_out(request, account, asked.client_id)
    return _finished(request, asked, frames)


def _finished(request: Any, asked: asking.Asked, frames: tuple[str, ...]) -> Response:
    """Back to the client, by way of a page where others are told in frames."""
    uri = _return_uri(asked)
    if uri is None or frames:
        return pages.done(request, frames, uri)
    return see_other(uri)


def _return_uri(asked: asking.Asked) -> str | None:
    uri, state = asked.redirect_uri, asked.parameters.get("state")
    if uri is None or state is None:
        return uri
    return with_members(uri, {"state": state}, fragment=False)


def _refused(request: Any, error: OAuth2Error, account: Account | None) -> Response:
    """Show the error; whoever is logged in can still log out (section 4)."""
    log.warning("logout request refused: %s", error.description)
    if account is None or error.status_code != 400:
        return error_page(request, error, error.status_code)
    return committed(request, pages.ask(request, account, problem=error.error))


def includeme(config: Any) -> None:
    """Add the endpoint, and the notices to clients that the settings want."""
    settings = config.registry[SETTINGS]
    config.add_oauth_endpoint(
        "end_session", EndSession, metadata="end_session_endpoint"
    )
    config.add_oauth_metadata("frontchannel_logout", frontchannel.metadata)
    config.add_oauth_metadata("backchannel_logout", backchannel.metadata)
    if settings.backchannel_logout:
        config.add_oauth_outbox_kind(backchannel.KIND, backchannel.prepare)
    # A client's request needs no token, and what our own page posts is checked in
    # the view, on strictly read input.
    config.add_oauth_view(
        end_session,
        EndSession,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
