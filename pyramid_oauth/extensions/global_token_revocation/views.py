"""The endpoint that ends all access of a user.

draft-parecki-oauth-global-token-revocation-06 section 3.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, OAuth2Error
from pyramid.response import Response

from pyramid_oauth import events
from pyramid_oauth.browser.session_ending import end_all_sessions
from pyramid_oauth.extensions.global_token_revocation.settings import (
    NAME,
    SCOPE,
    GlobalTokenRevocationSettings,
)
from pyramid_oauth.extensions.global_token_revocation.subject_identifiers import (
    find_subject,
    read_identifier,
)
from pyramid_oauth.http.forms import read_json
from pyramid_oauth.http.responses import (
    NO_STORE,
    error_answer,
    json_answer,
    not_allowed,
)
from pyramid_oauth.protocol.revocation import end_grants
from pyramid_oauth.repositories.authorizations import GrantFilter
from pyramid_oauth.resource import Outcome, TokenIdentity, authenticate
from pyramid_oauth.resource.challenge import refusal, refuse_outcome
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint

log = logging.getLogger(__name__)

REASON = "all access of the user was ended by another party"


@dataclass(frozen=True, kw_only=True)
class AllAccessEnded(events.OAuthEvent):
    """A client has ended all grants and login sessions of a user.

    Attributes:
        grants: The number of grants that ended.
        sessions: The number of login sessions that ended.
    """

    grants: int = 0
    sessions: int = 0


class AccessOfUserDenied(AccessDeniedError):
    """The client may not end the access of this user."""

    status_code = 403


class GlobalTokenRevocation(Endpoint):
    """`global_token_revocation`: ends all access of a user."""


def revoke_all(context: GlobalTokenRevocation, request: ServerRequest) -> Response:
    """Answer a revocation request (section 3.2)."""
    if request.method != "POST":
        return not_allowed(request, "POST")
    server: Server = request.oauth.server
    outcome = authenticate(request, is_of_server=True)
    identity = outcome.identity
    if identity is not None and not server.is_audience(NAME, identity.audience):
        outcome, identity = Outcome(outcome.place, error="invalid_token"), None
    if identity is None:
        return refuse_outcome(request, outcome)
    if not _is_entitled(server, identity):
        log.warning("client %.260r may not end access", identity.client_id)
        return refusal(request, "insufficient_scope", SCOPE)
    try:
        return _revoke(request, server, identity.client_id)
    except OAuth2Error as error:
        return error_answer(request, error, server.settings.realm)


def _is_entitled(server: Server, identity: TokenIdentity) -> bool:
    """Whether the token is a named client's and has the scope of this endpoint only.

    A token of a user is refused: that user did not decide about the access of others.
    """
    settings = server.settings[GlobalTokenRevocationSettings]
    return (
        identity.user_id is None
        and identity.scopes == {SCOPE}
        and identity.client_id in settings.global_token_revocation_clients
    )


def _revoke(request: ServerRequest, server: Server, client_id: str) -> Response:
    sent = read_json(request, server.settings.body_limit)
    identifier = read_identifier(sent.get("sub_id"))
    subject = find_subject(request, server, identifier)
    if subject is None:
        body = '{"error": "not_found", "error_description": "There is no such user."}'
        return json_answer(request, body, 404)
    policy = server.settings[
        GlobalTokenRevocationSettings
    ].global_token_revocation_policy
    if policy is not None and not policy(request, client_id, subject):
        raise AccessOfUserDenied(description="This user is not within your reach.")
    _end_access(request, server, client_id, subject)
    return Response(status=204, headerlist=[NO_STORE])


def _end_access(
    request: ServerRequest, server: Server, client_id: str, subject: str
) -> None:
    """End the login sessions before the grants, so that none creates a new grant."""
    sessions = end_all_sessions(request, server, subject)
    grants = end_grants(request, server, GrantFilter(user_id=subject), REASON)
    log.info("client %.260r ended all access of a user", client_id)
    events.notify(
        AllAccessEnded(
            request=request,
            client_id=client_id,
            user_id=subject,
            grants=grants,
            sessions=sessions,
        )
    )
