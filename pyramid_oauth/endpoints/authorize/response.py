"""Authorization responses: the answer to the client, the issuer in each.

RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207, OAuth 2.0 Form Post Response Mode. An
error goes to the client only once its redirect URI is proven; before that it is a page.
"""

from __future__ import annotations

from collections.abc import Mapping

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.extensions.form_post import can_be_posted
from pyramid_oauth.extensions.session_management import session_state
from pyramid_oauth.http.responses import doom_transaction, see_other
from pyramid_oauth.http.urls import with_members
from pyramid_oauth.protocol.request import OAuthRequest

MODES = ("query", "fragment", "form_post")


def success_response(oauth: OAuthRequest, members: Mapping[str, str]) -> Response:
    """Send the browser back to the client with `members`, `state` and `iss`."""
    answer = dict(members)
    if oauth.state is not None:
        answer["state"] = oauth.state
    answer["iss"] = oauth.server.issuer
    answer.update(session_state.members(oauth))
    uri = oauth.redirect_uri or ""
    if oauth.response_mode == "form_post" and can_be_posted(uri):
        from pyramid_oauth.extensions.form_post import show

        return show(oauth.pyramid, uri, answer)
    return see_other(with_members(uri, answer, in_fragment(oauth)))


def error_response(oauth: OAuthRequest, error: OAuth2Error) -> Response:
    """Tell the client of an error, the way it wants its answers."""
    members = {"error": error.error or "server_error"}
    if error.description:
        members["error_description"] = error.description
    response = success_response(oauth, members)
    if error.status_code < 500:
        return response
    # The server could not finish: no grant is left that nobody holds a code of.
    return doom_transaction(oauth.pyramid, response)


def in_fragment(oauth: OAuthRequest) -> bool:
    """Whether the answer travels in the fragment: all that carries tokens does."""
    return (oauth.response_mode or default_mode(oauth)) == "fragment"


def default_mode(oauth: OAuthRequest) -> str:
    """The response mode where the request names none (Multiple Response Types, 2.1)."""
    return "fragment" if "token" in (oauth.response_type or "") else "query"
