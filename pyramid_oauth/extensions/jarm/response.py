"""The response document, and the response modes that send it (JARM section 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.response import default_mode
from pyramid_oauth.http.responses import doom_transaction
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.response_jwt import Envelope, build_envelope

KIND = "authorization"

LIFETIME = 300
"""Seconds for which a response is valid; section 2.1 recommends at most 600."""

QUERY = "query.jwt"

STATE = "unsigned_response"
"""The key in `Authorization.state`: whether an unsigned response was asked for."""


def send(
    mode: str | None, authorization: Authorization, members: Mapping[str, str]
) -> Response:
    """Send the members as the JWT `response` (section 2.3).

    Args:
        mode: How the JWT travels; None: as members do that no mode was named for.
        authorization: The request.
        members: The members of the response, or of an error.

    Without a key nothing is sent to the client, which could not trust it: a page says
    that it failed, and the transaction is rolled back.
    """
    server = authorization.server
    try:
        token = _sign(authorization, members)
    except OAuth2Error as error:
        page = error_page(authorization.request, error, error.status_code)
        return doom_transaction(authorization.request, page)
    send_members = server.response_modes[mode or default_mode(authorization.oauth)]
    response: Response = send_members(authorization, {"response": token})
    return response


MODES: Mapping[str, Callable[..., Response]] = {
    QUERY: partial(send, "query"),
    "fragment.jwt": partial(send, "fragment"),
    "form_post.jwt": partial(send, "form_post"),
    "jwt": partial(send, None),
}


def check(authorization: Authorization) -> None:
    """Refuse tokens in a query (section 2.3.1), and a client that has no key.

    The keys are looked for before the resource owner is asked.
    """
    envelope = _envelope(authorization)
    oauth = authorization.oauth
    if oauth.response_mode != QUERY or envelope.key is not None:
        return
    if default_mode(oauth) == "fragment":
        oauth.response_mode = "fragment.jwt"
        raise InvalidRequestError(
            description="query.jwt takes tokens only if the response is encrypted."
        )


def set_jwt_mode(authorization: Authorization) -> None:
    """Sign the errors of a request that asks for unsigned responses, too."""
    if authorization.oauth.response_mode not in MODES:
        authorization.oauth.response_mode = "jwt"
        authorization.state[STATE] = True


def sign_every_response(authorization: Authorization) -> Mapping[str, str]:
    """Set a signed mode for the response that is about to be sent; add no member.

    `set_jwt_mode` comes too late for a request that is refused while its parameters
    are loaded, such as one with an invalid request object.
    """
    if authorization.oauth.response_mode not in MODES:
        authorization.oauth.response_mode = "jwt"
    return {}


def require_jwt_mode(authorization: Authorization) -> None:
    """Refuse a request for an unsigned response, once its redirect URI is known."""
    if authorization.state.get(STATE):
        raise InvalidRequestError(
            description="response_mode must be jwt, query.jwt, fragment.jwt or "
            "form_post.jwt.",
            request=authorization.oauth,
        )


def _sign(authorization: Authorization, members: Mapping[str, str]) -> str:
    """Return the members with issuer, audience and expiry as a JWT (section 2.1)."""
    oauth: OAuthRequest = authorization.oauth
    claims = {
        **members,
        "iss": authorization.server.issuer,
        "aud": oauth.client.client_id,
        "exp": int(oauth.now.timestamp()) + LIFETIME,
    }
    return _envelope(authorization).sign_and_encrypt(claims)


def _envelope(authorization: Authorization) -> Envelope:
    server, request = authorization.server, authorization.request
    return build_envelope(
        server, lambda: server.session(request), authorization.oauth.client, KIND
    )
