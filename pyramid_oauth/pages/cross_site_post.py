"""Forms that another site's page posts here: they come without SameSite cookies.

RFC 6265bis section 5.6.7.1. Whoever is logged in would be taken for nobody, and the
browser for a new one; so the browser is made to ask once more, from our own site.
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
"""The field that our own page adds: it asks once."""

LONGEST = 2000
"""Characters of a query that servers, and what stands before them, are sure to take."""


def replay_same_site(
    request: Any, given: dict[str, str], account: Account | None
) -> Response | None:
    """Have the browser send what it posted once more, if that may bring its cookies.

    None where it goes on as it is; then `given` has only what the client sent.
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
    """A form that sends `members` here once more, now from a page of this site."""
    values = {
        "action": current_path(request),
        "members": members,
        "script": request.static_path(f"{STATIC}form_post.js"),
    }
    return page(request, "again", values, leads_away=True, scripts=True)
