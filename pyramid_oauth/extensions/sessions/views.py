"""The page `sessions`: shows where the user is logged in, and ends login sessions."""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from pyramid.response import Response

from pyramid_oauth.browser.session_ending import (
    end_all_sessions,
    end_session,
    stored_sessions,
)
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.pages.own_page import OwnVisit, own_page
from pyramid_oauth.pages.user_agent import describe_device
from pyramid_oauth.tree import Endpoint

TEMPLATE = "pyramid_oauth:extensions/sessions/templates/sessions.oauth"

ENDED = "ended"
"""The parameter of the page after sessions were ended: how many."""

OTHERS, ALL = "others", "all"
"""Values of `end`, beside the key of one session."""


class Sessions(Endpoint):
    """`sessions`: the page of the user's login sessions."""


def _end(visit: OwnVisit) -> Response:
    """End one login session of the user, all others, or all."""
    request, server, subject = visit.request, visit.server, visit.account.subject
    chosen = visit.parameters.get("end")
    if not chosen or not chosen.isprintable():
        raise InvalidRequestError(description="No session.")
    current = _current_key(visit)
    if chosen in (OTHERS, ALL):
        ended = end_all_sessions(request, server, subject, keep=current)
    elif chosen == current:
        return _log_out(visit)
    else:
        ended = int(bool(end_session(request, server, subject, chosen)))
    if chosen == ALL:
        return _log_out(visit)
    return see_other(f"{visit.address}?{ENDED}={ended}")


def _current_key(visit: OwnVisit) -> str | None:
    listed = stored_sessions(visit.server).of_user(visit.request, visit.account.subject)
    return next((each.key for each in listed if each.is_current), None)


def _log_out(visit: OwnVisit) -> Response:
    """End the session of this browser, and at its clients if `logout` is included."""
    next_url = visit.login_url
    log_out = visit.server.request_methods.get("log_out")
    if log_out is not None:
        response: Response = log_out(visit.request, next_url)
        return response
    visit.server.accounts.log_out(visit.request)
    return see_other(next_url)


def _show(visit: OwnVisit) -> Response:
    listed = stored_sessions(visit.server).of_user(visit.request, visit.account.subject)
    # The session of this browser first, so that it is found on the first page.
    ordered = sorted(listed, key=lambda each: not each.is_current)
    shown = visit.entries_of_page(ordered)
    ended = visit.parameters.get(ENDED)
    values = {
        "sessions": [(each, describe_device(each.user_agent)) for each in shown],
        "has_others": any(not each.is_current for each in listed),
        "ended": ended if ended in ("0", "1") else ended and "several",
        **visit.page_links(ordered),
    }
    return visit.show(TEMPLATE, values)


respond = own_page(_show, _end)
