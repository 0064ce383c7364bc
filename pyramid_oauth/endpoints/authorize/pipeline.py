"""The authorization pipeline: run the steps until one of them answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.response import error_response
from pyramid_oauth.endpoints.authorize.steps.login import before_leaving
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.protocol.endpoints import ATTEMPTS, busy, was_stale
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)

Begin = Callable[[], Authorization]


def run_pipeline(begin: Begin) -> Response:
    """Take the steps, again from the start where the client turned out outdated."""
    for _ in range(ATTEMPTS):
        authorization = begin()
        try:
            return run_steps(authorization)
        except StaleApplication as stale:
            authorization.server.repositories.applications.forget(stale.client_id)
        except OAuth2Error as error:
            # A request object replaces what the request was made of.
            oauth = authorization.oauth
            if was_stale(oauth):
                continue
            if isinstance(error, FatalClientError):
                log.warning("authorization refused: %s", error.error)
                return error_page(oauth.pyramid, error)
            return before_leaving(authorization, error) or error_response(oauth, error)
    return error_page(authorization.request, busy(), 503)


def run_steps(authorization: Authorization) -> Response:
    """Return the first answer that a step gives."""
    for step in authorization.server.authorize_steps:
        response: Response | None = step(authorization)
        if response is not None:
            return response
    raise RuntimeError("no authorize step answered")


def start(
    request: Any, server: Server, parameters: dict[str, str], **known: Any
) -> Authorization:
    """Begin an authorization from the given request parameters."""
    oauth = OAuthRequest(request, server, parameters)
    return Authorization(request=request, server=server, oauth=oauth, **known)
