"""Authorization responses: the answer to the client, the issuer in each.

RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207, OAuth 2.0 Form Post Response Mode. An
error goes to the client only once its redirect URI is proven; before that it is a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.protocol import session_state
from pyramid_oauth.protocol.answer import NO_STORE, abandoned, committed
from pyramid_oauth.protocol.request import OAuthRequest

MODES = ("query", "fragment", "form_post")


def redirected(oauth: OAuthRequest, members: Mapping[str, str]) -> Response:
    """Send the browser back to the client with `members`, `state` and `iss`."""
    answer = dict(members)
    if oauth.state is not None:
        answer["state"] = oauth.state
    answer["iss"] = oauth.server.issuer
    answer.update(session_state.members(oauth))
    uri = oauth.redirect_uri or ""
    if oauth.response_mode == "form_post" and can_be_posted(uri):
        from pyramid_oauth.pages.form_post import show

        return show(oauth.pyramid, uri, answer)
    return see_other(with_members(uri, answer, in_fragment(oauth)))


def refused(oauth: OAuthRequest, error: OAuth2Error) -> Response:
    """Tell the client of an error, the way it wants its answers."""
    members = {"error": error.error or "server_error"}
    if error.description:
        members["error_description"] = error.description
    response = redirected(oauth, members)
    if error.status_code < 500:
        return response
    # The server could not finish: no grant is left that nobody holds a code of.
    return abandoned(oauth.pyramid, response)


def can_be_posted(uri: str) -> bool:
    """Whether a form can be posted to `uri`: programs on a device take only GET."""
    return urlsplit(uri).scheme in ("http", "https")


def in_fragment(oauth: OAuthRequest) -> bool:
    """Whether the answer travels in the fragment: all that carries tokens does."""
    return (oauth.response_mode or default_mode(oauth)) == "fragment"


def default_mode(oauth: OAuthRequest) -> str:
    """The response mode where the request names none (Multiple Response Types, 2.1)."""
    return "fragment" if "token" in (oauth.response_type or "") else "query"


def with_members(uri: str, members: Mapping[str, str], fragment: bool) -> str:
    """`uri` with `members` added; its own query stays as it was written."""
    encoded = urlencode(members)
    if fragment:
        return f"{uri}#{encoded}"
    mark = "&" if "?" in uri and not uri.endswith("?") else "?"
    return f"{uri.removesuffix('?')}{mark}{encoded}"


def see_other(location: str) -> Response:
    """303, so that no form is ever posted on to the client (RFC 9700 4.12)."""
    return Response(
        status="303 See Other",
        headerlist=[
            ("Location", location),
            ("Content-Length", "0"),
            NO_STORE,
            ("Referrer-Policy", "no-referrer"),
        ],
    )


def error_page(request: Any, error: Any, status: int = 400) -> Response:
    """An error that must not leave by redirect, shown to the person."""
    from pyramid_oauth.pages.error import show

    return committed(request, show(request, error, status))
