"""The pushed authorization request endpoint (RFC 9126 section 2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from pyramid.response import Response

from pyramid_oauth import clock, events, lifetimes
from pyramid_oauth.endpoints.authorize.context import NAME as AUTHORIZE
from pyramid_oauth.endpoints.authorize.context import Authorization, Carrier
from pyramid_oauth.endpoints.authorize.pending import dump_request
from pyramid_oauth.endpoints.authorize.pipeline import validate
from pyramid_oauth.endpoints.authorize.storage_limits import (
    count_stored_request,
    require_storable_size,
)
from pyramid_oauth.extensions.par.settings import ParSettings
from pyramid_oauth.extensions.par.steps import KIND, URN
from pyramid_oauth.protocol.endpoints import Outcome, respond
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server
from pyramid_oauth.tree import Endpoint


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequestPushed(events.OAuthEvent):
    """A client pushed an authorization request that was accepted."""


PAUSES = 2
"""How often a request waits for a person: for the login, and for the consent."""


class PushedAuthorizationRequestEndpoint:
    """An authorization request goes in, and a request URI comes out.

    oauthlib has no such endpoint; it validates the request as it does those of
    browsers.
    """

    def __init__(self, server: Server) -> None:
        self._validator = server.validator

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Authenticate the client, then validate and store its request (2.1)."""
        self._validator.authenticate_client(request)
        if "request_uri" in request.parameters:
            raise InvalidRequestError(description="request_uri cannot be pushed.")
        seconds = _lifetime(request)
        authorization = _validated(request, seconds)
        handle = _store(authorization, seconds)
        events.notify(
            AuthorizationRequestPushed(
                request=request.pyramid, client_id=request.client.client_id
            )
        )
        answer = {"request_uri": f"{URN}{handle}", "expires_in": seconds}
        return {}, json.dumps(answer), 201


class Par(Endpoint):
    """`par`: where clients push authorization requests."""

    oauthlib = PushedAuthorizationRequestEndpoint
    takes_parameters_of = (AUTHORIZE,)


def push(context: Par, request: Any) -> Response:
    """Answer a pushed authorization request."""
    return respond(context, request)


def _lifetime(oauth: OAuthRequest) -> int:
    settings = oauth.server.settings[ParSettings]
    return lifetimes.in_seconds(settings.pushed_request_lifetime, oauth.pyramid)


def _validated(oauth: OAuthRequest, seconds: int) -> Authorization:
    """The pushed request, checked like one of a browser up to the login."""
    until = clock.timestamp() + seconds
    authorization = Authorization(
        oauth.pyramid,
        oauth.server,
        _authorization_parameters(oauth),
        carrier=Carrier.PUSHED,
        state={KIND: {"until": until}},
    )
    validate(authorization)
    if "redirect_uri" not in authorization.oauth.parameters:
        # The browser brings none that could be compared with a registered one.
        raise InvalidRequestError(description="redirect_uri is missing.")
    return authorization


def _authorization_parameters(oauth: OAuthRequest) -> dict[str, str]:
    """What the client asks for, without that by which it authenticated.

    Where a request object was pushed, nothing beside it counts (section 3).
    """
    known = oauth.server.parameters[AUTHORIZE]
    given = known.keep_storable(oauth.parameters)
    if "request" in given:
        given = {"request": given["request"]}
    return {**given, "client_id": oauth.client.client_id}


def _store(authorization: Authorization, seconds: int) -> str:
    """Keep the request; returns the handle that leads to it.

    It is kept for as long as a person may take who came at the last moment, so that it
    can be used up then.
    """
    oauth, server = authorization.oauth, authorization.server
    pause = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, oauth.pyramid
    )
    details = dump_request(authorization)
    require_storable_size(oauth, details)
    if oauth.client.is_public:
        count_stored_request(oauth)
    now = clock.now()
    return server.repositories.authorization_requests.add(
        oauth.session,
        kind=KIND,
        application=oauth.client,
        parameters=oauth.parameters,
        details=details,
        browser=None,
        user_id=None,
        created_at=now,
        expires_at=now + timedelta(seconds=seconds + PAUSES * pause),
    )
