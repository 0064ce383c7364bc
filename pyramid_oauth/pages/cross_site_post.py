"""Cross-site form posts, which arrive without SameSite cookies.

RFC 6265bis section 5.6.7.1. Without cookies the user would seem logged out and the
browser new; so the browser sends the request again from a page of this site.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import binding_cookie, login_session
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.pages import STATIC
from pyramid_oauth.pages.rendering import page

AGAIN = "oauth_again"
"""The field that marks the second request, so that there is no third one."""

LONGEST = 2000
"""Characters of a query that servers and proxies accept."""


def replay_same_site(
    request: Any, given: dict[str, str], account: Account | None
) -> Response | None:
    """Make the browser send the request again, if that may add its cookies.

    Returns None where the request needs no repetition; `given` then has only the
    parameters of the client.
    """
    came_again = given.pop(AGAIN, None) is not None
    if came_again or request.method != "POST" or not _lacks_cookies(request, account):
        return None
    query = urlencode(given)
    if len(query) <= LONGEST:
        return see_other(f"{current_path(request)}?{query}")

    return again(request, {**given, AGAIN: "1"})


def _lacks_cookies(request: Any, account: Account | None) -> bool:
    ours = binding_cookie.get(request) or binding_cookie.cookie(
        request, login_session.COOKIE
    )
    return account is None or not ours


def again(request: Any, members: Mapping[str, str]) -> Response:
    """Render a form that sends `members` here again, from a page of this site."""
    values = {
        "action": current_path(request),
        "members": members,
        "script": request.static_path(f"{STATIC}form_post.js"),
    }
    return page(request, "again", values, leads_away=True, scripts=True)
