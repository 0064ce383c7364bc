"""Cross-site form posts, which arrive without SameSite cookies.

RFC 6265bis section 5.6.7.1. Without cookies the user would seem logged out and the
browser new; so the browser sends the request again from a page of this site.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlencode

from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import binding_cookie, login_session
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.pages import STATIC
from pyramid_oauth.pages.rendering import ANYWHERE, page
from pyramid_oauth.server import ServerRequest

REPLAY_FIELD = "oauth_again"
"""The form field that marks a repeated request, which is not repeated once more."""

MAX_QUERY_LENGTH = 2000
"""In characters; servers and proxies accept that many."""


def replay_same_site(
    request: ServerRequest,
    parameters: dict[str, str],
    account: Account | None,
    private: Collection[str],
) -> Response | None:
    """Make the browser repeat the request, if it may then have its cookies.

    Returns None where that is not needed; `parameters` then holds only what the client
    sent. The `private` parameters stay in the body: proxies log URLs.
    """
    is_repeated = parameters.pop(REPLAY_FIELD, None) is not None
    if is_repeated or request.method != "POST" or not _lacks_cookies(request, account):
        return None
    query = urlencode(parameters)
    if len(query) <= MAX_QUERY_LENGTH and parameters.keys().isdisjoint(private):
        return see_other(f"{current_path(request)}?{query}")
    return _repeat_by_form(request, {**parameters, REPLAY_FIELD: "1"})


def _lacks_cookies(request: ServerRequest, account: Account | None) -> bool:
    own_cookie = binding_cookie.get(request) or binding_cookie.host_cookie(
        request, login_session.COOKIE
    )
    return account is None or not own_cookie


def _repeat_by_form(request: ServerRequest, members: Mapping[str, str]) -> Response:
    """Render a form that posts `members` to this URL from a page of this site."""
    values = {
        "action": current_path(request),
        "members": members,
        "script": request.static_path(f"{STATIC}form_post.js"),
    }
    return page(request, "again", values, leads_to=ANYWHERE, scripts=True)
