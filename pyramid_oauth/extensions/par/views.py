"""The pushed authorization request endpoint (RFC 9126 section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from pyramid.response import Response

from pyramid_oauth import events, lifetimes
from pyramid_oauth.endpoints.authorize.context import NAME as AUTHORIZE
from pyramid_oauth.endpoints.authorize.context import Authorization, Carrier
from pyramid_oauth.endpoints.authorize.pending import (
    dump_request,
    without_transient,
)
from pyramid_oauth.endpoints.authorize.pipeline import validate
from pyramid_oauth.endpoints.authorize.storage_limits import (
    count_stored_request,
    require_storable_size,
)
from pyramid_oauth.extensions.par.settings import ParSettings
from pyramid_oauth.extensions.par.steps import KIND, URN
from pyramid_oauth.protocol.endpoints import Outcome, respond
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.authorization_requests import NewAuthorizationRequest
from pyramid_oauth.repositories.rate_limits import key_of, limits_by_source
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.throttling import too_many_requests
from pyramid_oauth.tree import Endpoint


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequestPushed(events.OAuthEvent):
    """A client pushed an authorization request that was accepted."""


PAUSES = 2
"""How often a request waits for the user: for login and for consent."""


class PushedAuthorizationRequestEndpoint:
    """The endpoint that oauthlib lacks; oauthlib validates the pushed request."""

    def __init__(self, server: Server) -> None:
        self._validator = server.validator

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Authenticate the client, then validate and store its request (2.1)."""
        self._validator.authenticate_client(request)
        _count_push(request)
        if "request_uri" in request.parameters:
            raise InvalidRequestError(description="request_uri cannot be pushed.")
        seconds = _lifetime(request)
        authorization = _validate(request, seconds)
        handle = _store_request(authorization, seconds)
        events.notify(
            AuthorizationRequestPushed(
                request=request.pyramid, client_id=request.client.client_id
            )
        )
        answer = {"request_uri": f"{URN}{handle}", "expires_in": seconds}
        return {}, answer, 201


class Par(Endpoint):
    """`par`: the pushed authorization request endpoint."""

    oauthlib = PushedAuthorizationRequestEndpoint
    takes_parameters_of = (AUTHORIZE,)


def push(context: Par, request: ServerRequest) -> Response:
    """Answer a pushed authorization request."""
    return respond(context, request)


def _count_push(oauth: OAuthRequest) -> None:
    """Count the push of an authenticated client (RFC 9126 section 2.3).

    Anyone can push in the name of a public client, so it has a limit at each source.

    Raises:
        TooManyRequests: The limit is reached.
    """
    server, client_id = oauth.server, oauth.client.client_id
    settings = server.settings[ParSettings]
    most = settings.pushed_request_limit
    if not most:
        return
    if oauth.client.is_public:
        address = oauth.pyramid.remote_addr
        limits = limits_by_source(address, most, "push", client_id)
    else:
        limits = {key_of("push", client_id): most}
    rate_limits = server.repositories.rate_limits
    window = settings.pushed_request_window
    wait = rate_limits.attempt(oauth.session, limits, window, oauth.now)
    if wait:
        raise too_many_requests(
            oauth.pyramid, "push", client_id, wait, client_id=client_id
        )


def _lifetime(oauth: OAuthRequest) -> int:
    settings = oauth.server.settings[ParSettings]
    return lifetimes.in_seconds(settings.pushed_request_lifetime, oauth.pyramid)


def _validate(oauth: OAuthRequest, seconds: int) -> Authorization:
    """Validate the request like one of a browser, up to the login."""
    until = int(oauth.now.timestamp()) + seconds
    authorization = Authorization(
        oauth.pyramid,
        oauth.server,
        _authorization_parameters(oauth),
        carrier=Carrier.PUSHED,
        state={KIND: {"until": until}},
        session=oauth.session,
        moment=oauth.now,
    )
    authorization.oauth.is_from_client = True
    validate(authorization)
    if "redirect_uri" not in authorization.oauth.parameters:
        # The browser sends none later to compare with the registered one.
        raise InvalidRequestError(description="redirect_uri is missing.")
    return authorization


def _authorization_parameters(oauth: OAuthRequest) -> dict[str, str]:
    """Return the authorization parameters, without those of client authentication.

    If there is a request object, the others are ignored (section 3).
    """
    known = oauth.server.parameters[AUTHORIZE]
    parameters = known.keep_storable(oauth.parameters)
    if "request" in parameters:
        parameters = {"request": parameters["request"]}
    return {**parameters, "client_id": oauth.client.client_id}


def _store_request(authorization: Authorization, seconds: int) -> str:
    """Store the request; return its handle.

    It is stored for as long as login and consent may take after the browser arrives at
    the last moment, so that the response can consume it.
    """
    oauth, server = authorization.oauth, authorization.server
    pause = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, oauth.pyramid
    )
    details = dump_request(authorization)
    require_storable_size(oauth, details)
    if oauth.client.is_public:
        count_stored_request(oauth)
    return server.repositories.authorization_requests.add(
        oauth.session,
        oauth.client,
        NewAuthorizationRequest(
            kind=KIND,
            parameters=without_transient(oauth),
            details=details,
            browser=None,
            user_id=None,
            created_at=oauth.now,
            expires_at=oauth.now + timedelta(seconds=seconds + PAUSES * pause),
        ),
    )
