"""Authorization responses and error responses (RFC 6749 sections 4.1.2 and 4.1.2.1).

The response mode says how their members reach the client (OAuth 2.0 Multiple Response
Type Encoding Practices section 2.1). Errors are sent to the client only when its
redirect URI was found valid; earlier ones are shown on a page.
"""

from __future__ import annotations

from collections.abc import Mapping

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.http.responses import doom_transaction, see_other
from pyramid_oauth.http.urls import with_members
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.request import OAuthRequest


def success_response(
    authorization: Authorization, members: Mapping[str, str]
) -> Response:
    """Send the browser to the client with `members` and those of every response."""
    oauth, server = authorization.oauth, authorization.server
    response_members = dict(members)
    if oauth.state is not None:
        response_members["state"] = oauth.state
    response_members.update(server.authorization_members)
    for contribute in server.authorization_responses:
        response_members.update(contribute(authorization))
    send = server.response_modes[oauth.response_mode or default_mode(oauth)]
    response: Response = send(authorization, response_members)
    return response


def error_response(authorization: Authorization, error: OAuth2Error) -> Response:
    """Send an error to the client, in the response mode of the request."""
    members = {"error": error.error or "server_error"}
    if error.description:
        members["error_description"] = error.description
    response = success_response(authorization, members)
    if error.status_code < 500:
        return response
    # The client gets no code, so that its grant must not be stored either.
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
    """Return the response mode of a request that names none: no token is in a query.

    OAuth 2.0 Multiple Response Type Encoding Practices section 2.1.
    """
    return "fragment" if "token" in (oauth.response_type or "") else "query"


def includeme(config: Configurator) -> None:
    """Register the two response modes of RFC 6749."""
    config.add_oauth_response_mode("query", send_query)
    config.add_oauth_response_mode("fragment", send_fragment)
