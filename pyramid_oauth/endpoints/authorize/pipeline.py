"""The authorization pipeline: run the steps until one of them answers.

RFC 6749 section 4.1.1; the phases are those of `config.authorize_steps`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error
from pyramid.response import Response

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.endpoints.authorize.context import NAME, Authorization
from pyramid_oauth.endpoints.authorize.pending import restore_request
from pyramid_oauth.endpoints.authorize.response import error_response
from pyramid_oauth.endpoints.authorize.steps.grant import make_grant
from pyramid_oauth.endpoints.authorize.steps.login import before_leaving
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.protocol.endpoints import ATTEMPTS, busy, was_stale
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)

Begin = Callable[[], Authorization]


def run_pipeline(begin: Begin) -> Response:
    """Answer a browser, again from the start where the client turned out outdated."""
    for _ in range(ATTEMPTS):
        authorization = begin()
        try:
            return run(authorization)
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
            return before_leaving(authorization, error) or error_response(
                authorization, error
            )
    return error_page(authorization.request, busy(), 503)


def run(authorization: Authorization) -> Response:
    """Take the steps of all phases; a validated request begins at INTERACT.

    Raises:
        OAuth2Error: the request is refused; FatalClientError: only on a page.
        StaleApplication: the cached client is outdated; nothing is written.
    """
    begun = None if authorization.is_validated else validate(authorization)
    return (
        begun
        or _first_answer(authorization, Phase.INTERACT)
        or _first_answer(authorization, Phase.GRANT)
        or make_grant(authorization)
    )


def validate(authorization: Authorization) -> Response | None:
    """Find and check the parameters: the phases LOAD and VALIDATE.

    They need no browser: a pushed request (RFC 9126 section 2.1) goes through them
    too. The result is None, unless a step of a host answers.

    Raises:
        OAuth2Error: the request is refused; FatalClientError: only on a page.
    """
    answer = _first_answer(authorization, Phase.LOAD)
    if answer is None and not authorization.is_validated:
        answer = _first_answer(authorization, Phase.VALIDATE)
    return answer


def _first_answer(authorization: Authorization, phase: Phase) -> Response | None:
    for step in authorization.server.authorize_steps[phase]:
        response: Response | None = step(authorization)
        if response is not None:
            return response
    return None


def start(
    request: Any, server: Server, parameters: dict[str, str], **known: Any
) -> Authorization:
    """Begin an authorization from the given request parameters."""
    oauth = OAuthRequest(request, server, parameters, server.parameters[NAME])
    return Authorization(request=request, server=server, oauth=oauth, **known)


def resume(request: Any, server: Server, row: Any, **known: Any) -> Authorization:
    """Go on with a pending request: at INTERACT, if its client has not changed."""
    authorization = start(request, server, dict(row.parameters), pending=row, **known)
    restore_request(authorization, row)
    return authorization
