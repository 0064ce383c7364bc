"""Authorization responses: the answer to the client (RFC 6749 section 4.1.2).

How it travels says a response mode (OAuth 2.0 Multiple Response Type Encoding Practices
section 2.1). An error goes to the client only once its redirect URI is proven; before
that it is a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.http.responses import doom_transaction, see_other
from pyramid_oauth.http.urls import with_members
from pyramid_oauth.protocol.request import OAuthRequest


def success_response(
    authorization: Authorization, members: Mapping[str, str]
) -> Response:
    """Send the browser back to the client with `members` and those of every answer."""
    oauth, server = authorization.oauth, authorization.server
    answer = dict(members)
    if oauth.state is not None:
        answer["state"] = oauth.state
    for contribute in server.authorization_responses:
        answer.update(contribute(authorization))
    send = server.response_modes[oauth.response_mode or default_mode(oauth)]
    response: Response = send(authorization, answer)
    return response


def error_response(authorization: Authorization, error: OAuth2Error) -> Response:
    """Tell the client of an error, the way it wants its answers."""
    members = {"error": error.error or "server_error"}
    if error.description:
        members["error_description"] = error.description
    response = success_response(authorization, members)
    if error.status_code < 500:
        return response
    # The server could not finish: no grant is left that nobody holds a code of.
    return doom_transaction(authorization.request, response)


def send_query(authorization: Authorization, members: Mapping[str, str]) -> Response:
    """Redirect with the members in the query (`response_mode=query`)."""
    return _redirect(authorization, members, fragment=False)


def send_fragment(authorization: Authorization, members: Mapping[str, str]) -> Response:
    """Redirect with the members in the fragment (`response_mode=fragment`)."""
    return _redirect(authorization, members, fragment=True)


def _redirect(
    authorization: Authorization, members: Mapping[str, str], fragment: bool
) -> Response:
    uri = authorization.oauth.redirect_uri or ""
    return see_other(with_members(uri, members, fragment))


def default_mode(oauth: OAuthRequest) -> str:
    """The response mode where the request names none: no token is in a query.

    OAuth 2.0 Multiple Response Type Encoding Practices section 2.1.
    """
    return "fragment" if "token" in (oauth.response_type or "") else "query"


def includeme(config: Any) -> None:
    """Register the two response modes of RFC 6749."""
    config.add_oauth_response_mode("query", send_query)
    config.add_oauth_response_mode("fragment", send_fragment)
