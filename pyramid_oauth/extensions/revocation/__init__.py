"""The revocation endpoint (RFC 7009)."""

from __future__ import annotations

from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, UnauthorizedClientError
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth import events
from pyramid_oauth.protocol import revocation as revoking
from pyramid_oauth.protocol.endpoints import Outcome, respond
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.validator import VALIDATOR
from pyramid_oauth.repositories.refresh_tokens import RefreshCredential
from pyramid_oauth.tree import Endpoint

DONE: Outcome = ({}, "{}", 200)


class Revoke(Endpoint):
    """`revoke`: a token goes in and is dead."""


def revoke(context: Revoke, request: Any) -> Response:
    """Answer a revocation request."""
    return respond(request, revoke_token)


def revoke_token(oauth: OAuthRequest) -> Outcome:
    """Revoke the token if it is the client's; an unknown one is as good as dead.

    (RFC 7009 section 2.2.) The type is known by the token's form; the hint is not
    needed. A refresh token takes its whole grant with it (section 2.1).
    """
    if oauth.token is None:
        raise InvalidRequestError(description="token is missing.")
    VALIDATOR.authenticate_client(oauth)
    credential = RefreshCredential.parse(oauth.token, oauth.server.settings.secret)
    if credential is not None:
        return _revoke_grant(oauth, credential)
    return _revoke_access_token(oauth)


def _revoke_grant(oauth: OAuthRequest, credential: RefreshCredential) -> Outcome:
    records = oauth.server.repositories
    found = records.refresh_tokens.find(oauth.session, credential)
    if found is not None:
        _must_own(oauth, found.client_id)
        records.applications.prove(oauth.client, found.application_revision)
        oauth.user = found.user_id
        revoking.revoke_grant(
            oauth, found.grant_id, "the client revoked its refresh token"
        )
    return DONE


def _revoke_access_token(oauth: OAuthRequest) -> Outcome:
    records = oauth.server.repositories
    found = records.access_tokens.find_for(
        oauth.session, oauth.token or "", oauth.client.client_id
    )
    if found is None:
        return DONE
    records.applications.prove(oauth.client, found.asker_revision)
    _must_own(oauth, found.client_id)
    if records.access_tokens.revoke(oauth.session, found.id):
        events.notify(
            events.TokenRevoked(
                request=oauth.pyramid, client_id=found.client_id, user_id=found.user_id
            )
        )
    return DONE


def _must_own(oauth: OAuthRequest, client_id: str) -> None:
    if client_id != oauth.client.client_id:
        raise UnauthorizedClientError(
            description="The token was issued to another client."
        )


def metadata(server: Any) -> dict[str, Any]:
    """What RFC 8414 section 2 wants to know of this endpoint."""
    methods = list(server.client_auth)
    return {"revocation_endpoint_auth_methods_supported": methods}


def includeme(config: Any) -> None:
    """Add the endpoint to the tree."""
    config.add_oauth_endpoint("revoke", Revoke, metadata="revocation_endpoint")
    config.add_oauth_metadata("revoke", metadata)
    config.add_oauth_view(
        revoke, Revoke, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
