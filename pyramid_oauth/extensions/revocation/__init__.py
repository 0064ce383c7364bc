"""The revocation endpoint (RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oauthlib import oauth2
from oauthlib.oauth2.rfc6749.errors import UnauthorizedClientError
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth import events
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol import revocation
from pyramid_oauth.protocol.access_tokens import deny_token, find_stateless
from pyramid_oauth.protocol.endpoints import Outcome, respond
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.repositories.refresh_tokens import RefreshCredential
from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.tree import Endpoint

GRANT, TOKEN = "grant", "token"


@dataclass(frozen=True, kw_only=True)
class RevocationSettings(Section):
    """What ends with a revoked token, where RFC 7009 leaves it open."""

    access_token_revocation: str = setting(
        to.choice(GRANT, TOKEN),
        GRANT,
        "What ends when a client revokes a valid access token (RFC 7009 section 2.1): "
        "its `grant`, with the refresh token and all other tokens, or the `token` "
        "alone. Without a grant it is always the token.",
    )


class RevocationEndpoint(oauth2.RevocationEndpoint):
    """oauthlib's revocation endpoint on a strictly read request."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator)

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Revoke the token; an unknown one is no error (section 2.2)."""
        self.validate_revocation_request(request)
        self.request_validator.revoke_token(
            request.token or "", request.token_type_hint or "", request
        )
        return {}, "{}", 200


class RevocationValidation:
    """Revoke a token for its client."""

    def revoke_token(
        self, token: str, token_type_hint: str, request: OAuthRequest
    ) -> None:
        """Revoke `token` if it is the client's.

        The format of the token tells its type; the hint is not needed. With a refresh
        token its whole grant is revoked (section 2.1), with an access token what
        `access_token_revocation` says.
        """
        credential = RefreshCredential.parse(token, request.server.settings.secret)
        if credential is None:
            _revoke_access_token(request, token)
        else:
            _revoke_grant(request, credential)


class Revoke(Endpoint):
    """`revoke`: the endpoint that revokes a token."""

    oauthlib = RevocationEndpoint


def _revoke_grant(oauth: OAuthRequest, credential: RefreshCredential) -> None:
    repositories = oauth.server.repositories
    found = repositories.refresh_tokens.find(oauth.session, credential)
    if found is not None:
        _require_owner(oauth, found.client_id)
        repositories.applications.prove(oauth.client, found.application_revision)
        oauth.user = found.user_id
        revocation.revoke_grant(
            oauth, found.grant_id, "the client revoked its refresh token"
        )


def _revoke_access_token(oauth: OAuthRequest, token: str) -> None:
    server, records = oauth.server, oauth.server.repositories
    found = find_stateless(oauth, token) if server.stateless_formats else None
    if found is None:
        asker = oauth.client.client_id
        found = records.access_tokens.find_for(oauth.session, token, asker)
    if found is None:
        return
    records.applications.prove(oauth.client, found.asker_revision)
    _require_owner(oauth, found.client_id)
    grant_id = found.grant_id if _ends_grant(oauth, found) else None
    # A token without a row is valid in itself, whether or not its grant ends.
    has_ended = (grant_id is not None and found.id is not None) or deny_token(
        oauth, token, found
    )
    if grant_id is not None:
        oauth.user = found.user_id
        revocation.revoke_grant(oauth, grant_id, "the client revoked an access token")
    elif has_ended:
        events.notify(
            events.TokenRevoked(
                request=oauth.pyramid, client_id=found.client_id, user_id=found.user_id
            )
        )


def _ends_grant(oauth: OAuthRequest, found: FoundAccessToken) -> bool:
    """Whether the grant of an access token that has one ends with it.

    It must be valid: an expired one of a public client, found in a log, would let
    anybody end the grant.
    """
    chosen = oauth.server.settings[RevocationSettings].access_token_revocation
    return chosen == GRANT and found.is_live_at(oauth.now)


def _require_owner(oauth: OAuthRequest, client_id: str) -> None:
    if client_id != oauth.client.client_id:
        raise UnauthorizedClientError(
            description="The token was issued to another client."
        )


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of RFC 8414 section 2 for this endpoint."""
    methods = list(server.client_auth)
    return {"revocation_endpoint_auth_methods_supported": methods}


def includeme(config: Configurator) -> None:
    """Add the endpoint, its settings, its parameters and its request validation."""
    config.add_oauth_settings(RevocationSettings)
    config.add_oauth_request_validation(RevocationValidation)
    config.add_oauth_endpoint("revoke", Revoke, metadata="revocation_endpoint")
    config.add_oauth_metadata("revoke", metadata)
    for name in ("token", "token_type_hint"):
        config.add_oauth_parameter(name, endpoints=("revoke",))
    config.add_oauth_view(
        respond, Revoke, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
