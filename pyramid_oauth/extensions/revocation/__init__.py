"""The revocation endpoint (RFC 7009)."""

from __future__ import annotations

from typing import Any

from oauthlib import oauth2
from oauthlib.oauth2.rfc6749.errors import UnauthorizedClientError
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth import events
from pyramid_oauth.protocol import revocation
from pyramid_oauth.protocol.endpoints import Outcome, respond
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.refresh_tokens import RefreshCredential
from pyramid_oauth.server import Server
from pyramid_oauth.tree import Endpoint


class RevocationEndpoint(oauth2.RevocationEndpoint):
    """oauthlib's revocation endpoint on a strictly read request."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator)

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Revoke the token; an unknown one is as good as dead (section 2.2)."""
        self.validate_revocation_request(request)
        self.request_validator.revoke_token(
            request.token or "", request.token_type_hint or "", request
        )
        return {}, "{}", 200


class RevocationValidation:
    """How a token is revoked."""

    def revoke_token(
        self, token: str, token_type_hint: str, request: OAuthRequest
    ) -> None:
        """Revoke `token` if it is the client's.

        The type is known by the token's form; the hint is not needed. A refresh token
        takes its whole grant with it (section 2.1).
        """
        credential = RefreshCredential.parse(token, request.server.settings.secret)
        if credential is None:
            _revoke_access_token(request, token)
        else:
            _revoke_grant(request, credential)


class Revoke(Endpoint):
    """`revoke`: a token goes in and is dead."""

    oauthlib = RevocationEndpoint


def _revoke_grant(oauth: OAuthRequest, credential: RefreshCredential) -> None:
    records = oauth.server.repositories
    found = records.refresh_tokens.find(oauth.session, credential)
    if found is not None:
        _must_own(oauth, found.client_id)
        records.applications.prove(oauth.client, found.application_revision)
        oauth.user = found.user_id
        revocation.revoke_grant(
            oauth, found.grant_id, "the client revoked its refresh token"
        )


def _revoke_access_token(oauth: OAuthRequest, token: str) -> None:
    records = oauth.server.repositories
    found = records.access_tokens.find_for(oauth.session, token, oauth.client.client_id)
    if found is None:
        return
    records.applications.prove(oauth.client, found.asker_revision)
    _must_own(oauth, found.client_id)
    if records.access_tokens.revoke(oauth.session, found.id, oauth.now):
        events.notify(
            events.TokenRevoked(
                request=oauth.pyramid, client_id=found.client_id, user_id=found.user_id
            )
        )


def _must_own(oauth: OAuthRequest, client_id: str) -> None:
    if client_id != oauth.client.client_id:
        raise UnauthorizedClientError(
            description="The token was issued to another client."
        )


def metadata(server: Any) -> dict[str, Any]:
    """The members of RFC 8414 section 2 that describe this endpoint."""
    methods = list(server.client_auth)
    return {"revocation_endpoint_auth_methods_supported": methods}


def includeme(config: Any) -> None:
    """Add the endpoint to the tree, and what its oauthlib endpoint asks."""
    config.add_oauth_request_validation(RevocationValidation)
    config.add_oauth_endpoint("revoke", Revoke, metadata="revocation_endpoint")
    config.add_oauth_metadata("revoke", metadata)
    for name in ("token", "token_type_hint"):
        config.add_oauth_parameter(name, endpoints=("revoke",))
    config.add_oauth_view(
        respond, Revoke, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
