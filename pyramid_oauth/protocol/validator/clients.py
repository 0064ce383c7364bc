"""What oauthlib asks about clients (RFC 6749 sections 2.3, 3.2.1)."""

from __future__ import annotations

import logging

from oauthlib.oauth2.rfc6749.errors import UnsupportedResponseTypeError

from pyramid_oauth.clients.authentication import authenticate
from pyramid_oauth.clients.methods import Presentation
from pyramid_oauth.protocol.request import OAuthRequest

log = logging.getLogger(__name__)


class ClientAnswers:
    """Who the client is, and which grant and response types it may use."""

    def client_authentication_required(self, request: OAuthRequest) -> bool:
        """Always: a public client authenticates by the method `none`."""
        return True

    def authenticate_client(self, request: OAuthRequest) -> bool:
        """Set `request.client`, or raise InvalidClientError."""
        server = request.server
        presented = Presentation(
            request.parameters,
            request.pyramid.environ.get("HTTP_AUTHORIZATION"),
            request.pyramid,
        )
        request.client = authenticate(
            server.client_auth, server.records.applications, request.session, presented
        )
        request.client_id = request.client.client_id
        return True

    def validate_client_id(self, client_id: str, request: OAuthRequest) -> bool:
        """Set `request.client` to the usable application, if there is one."""
        applications = request.server.records.applications
        request.client = applications.get(request.session, client_id)
        if request.client is None:
            log.warning("authorization refused: no client %.260r", client_id)
            return False
        if not request.client.is_usable:
            log.warning("authorization refused: client %r is disabled", client_id)
            return False
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: object, request: OAuthRequest
    ) -> bool:
        """Whether the application was registered for the grant type."""
        if grant_type == "client_credentials" and request.client.is_public:
            return False
        return bool(request.client.allows_grant_type(grant_type))

    def validate_response_type(
        self, client_id: str, response_type: str, client: object, request: OAuthRequest
    ) -> bool:
        """Whether server and application offer the response type."""
        asked = set(response_type.split())
        offered = request.server.response_types
        if not any(asked == set(name.split()) for name in offered):
            raise UnsupportedResponseTypeError(request=request)
        return bool(request.client.allows_response_type(response_type))
