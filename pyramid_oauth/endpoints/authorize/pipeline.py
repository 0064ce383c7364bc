"""The authorization pipeline: run the steps until one of them answers.

RFC 6749 section 4.1.1; the phases are those of `config.authorize_steps`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oauthlib.oauth2.rfc6749.errors import FatalClientError, OAuth2Error
from pyramid.response import Response
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Account
from pyramid_oauth.config.authorize_steps import AuthorizeStep, Phase
from pyramid_oauth.endpoints.authorize.context import NAME, Authorization
from pyramid_oauth.endpoints.authorize.pending import (
    consume_stored_requests,
    restore_request,
)
from pyramid_oauth.endpoints.authorize.response import error_response
from pyramid_oauth.endpoints.authorize.steps.grant import make_grant
from pyramid_oauth.endpoints.authorize.steps.login import before_redirect
from pyramid_oauth.errors import ServerBusy, TooManyRequests
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.protocol.endpoints import (
    ATTEMPTS,
    explain,
    temporarily_unavailable,
    was_stale,
)
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.repositories.authorization_requests import (
    FoundAuthorizationRequest,
)
from pyramid_oauth.repositories.grant_guards import ConsentChanged
from pyramid_oauth.server import Server, ServerRequest

Begin = Callable[[], Authorization]


def run_pipeline(begin: Begin) -> Response:
    """Answer a browser; begin again where cached client or consent is outdated."""
    for _ in range(ATTEMPTS):
        authorization = begin()
        try:
            return run(authorization)
        except StaleApplication as stale:
            authorization.server.repositories.applications.invalidate(stale.client_id)
        except ConsentChanged:
            continue
        except (TooManyRequests, ServerBusy) as error:
            return error_page(authorization.request, error, error.status_code)
        except OAuth2Error as error:
            # Not the one of the beginning: a request object replaces it.
            oauth = authorization.oauth
            if was_stale(oauth):
                continue
            is_fatal = isinstance(error, FatalClientError)
            explain(oauth, error, NAME, authorization.request if is_fatal else None)
            if is_fatal:
                return error_page(authorization.request, error)
            return _send_error(authorization, error)
    return error_page(authorization.request, temporarily_unavailable(), 503)


def _send_error(authorization: Authorization, error: OAuth2Error) -> Response:
    """Send the error to the client, after a login where one must come first."""
    try:
        first = before_redirect(authorization, error)
    except (TooManyRequests, StaleApplication):  # then it cannot be stored
        return error_page(authorization.request, error)
    return first or error_response(authorization, error)


def run(authorization: Authorization) -> Response:
    """Run the steps of all phases; a validated request begins at INTERACT.

    Raises:
        OAuth2Error: the request is refused; FatalClientError: only on a page.
        StaleApplication: the cached client is outdated; nothing is written.
    """
    if authorization.refusal is not None:
        raise authorization.refusal
    answer = None if authorization.is_validated else validate(authorization)
    answer = answer or _first_answer(authorization, Phase.INTERACT)
    if answer is not None:
        return answer
    # Before GRANT, so that of two answers at the same time one leaves no grant. A
    # decision has consumed them already.
    if authorization.form is None and (
        authorization.pending is not None or authorization.source_ids
    ):
        consume_stored_requests(authorization)
    return _first_answer(authorization, Phase.GRANT) or make_grant(authorization)


def validate(authorization: Authorization) -> Response | None:
    """Load and check the parameters: the phases LOAD and VALIDATE.

    They need no browser, so that a pushed request (RFC 9126 section 2.1) is checked by
    them too. Returns None, unless a step of a host answers.

    Raises:
        OAuth2Error: the request is refused; FatalClientError: only on a page.
    """
    answer = _first_answer(authorization, Phase.LOAD)
    if answer is None and not authorization.is_validated:
        answer = _first_answer(authorization, Phase.VALIDATE)
    return answer


def _first_answer(authorization: Authorization, phase: Phase) -> Response | None:
    for step in authorization.server.authorize_steps[phase]:
        if (step.scope or step.parameters) and not _concerns(step, authorization):
            continue
        response: Response | None = step.run(authorization)
        if response is not None:
            return response
    return None


def _concerns(step: AuthorizeStep, authorization: Authorization) -> bool:
    """Whether the request has the scope or a parameter that `step` is for."""
    oauth = authorization.oauth
    if step.scope and step.scope not in oauth.scopes:
        return False
    if not step.parameters or authorization.pending is not None:
        return True
    return not step.parameters.isdisjoint(oauth.parameters)


def resume(
    request: ServerRequest,
    server: Server,
    session: Session,
    moment: datetime,
    row: FoundAuthorizationRequest,
    account: Account | None,
    form: dict[str, str] | None,
    answers_json: bool = False,
) -> Authorization:
    """Continue a pending request: at INTERACT, if its client has not changed."""
    authorization = Authorization(
        request,
        server,
        dict(row.parameters),
        session,
        moment,
        pending=row,
        started_at=row.created_at,
        account=account,
        form=form,
        answers_json=answers_json,
    )
    restore_request(authorization, row)
    return authorization
