"""The page that lists where the user is logged in, and ends sessions elsewhere."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.standalone.accounts import sessions
from pyramid_oauth.standalone.accounts.adapter import accounts_of, session_of
from pyramid_oauth.standalone.accounts.login_context import ask_to_log_in, text
from pyramid_oauth.standalone.page import add_page, page, see_other
from pyramid_oauth.standalone.request import Request

EVERYWHERE = "everywhere"


def show(request: Request) -> Response:
    """List the sessions of the user (GET)."""
    here = session_of(request)
    if here is None:
        return ask_to_log_in(request)
    limits = accounts_of(request).limits
    return page(
        request,
        "sessions",
        current=here.key_digest,
        sessions=sessions.list_sessions(request.dbsession, here.subject, limits),
    )


def end(request: Request) -> Response:
    """End one session, or all of them (POST)."""
    here, chosen = session_of(request), text(request.POST, "session")
    if here is None:
        return ask_to_log_in(request)
    if chosen == here.key_digest:
        return _log_out(request)
    for row in sessions.list_sessions(
        request.dbsession, here.subject, accounts_of(request).limits
    ):
        other = row.key_digest != here.key_digest
        if other and chosen in (EVERYWHERE, row.key_digest):
            sessions.end_listed(request.dbsession, here.subject, row.key_digest)
            request.oauth.end_sessions(here.subject, [row.session_id])
    return _log_out(request) if chosen == EVERYWHERE else see_other(request.path)


def _log_out(request: Request) -> Response:
    response: Response = request.oauth.log_out(request.route_path("landing"))
    return response


def includeme(config: Configurator) -> None:
    """Add the route and the views."""
    config.add_route("sessions", "/sessions")
    add_page(config, "sessions", GET=show, POST=end)
