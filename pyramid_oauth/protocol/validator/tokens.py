"""What oauthlib asks about refresh tokens (RFC 6749 section 6)."""

from __future__ import annotations

import logging

from pyramid_oauth.models.records.refresh_tokens import RefreshCredential
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.validator.users import owner_is_active

log = logging.getLogger(__name__)


class TokenAnswers:
    """Whether a refresh token may be used; `protocol.grants` uses it up."""

    def validate_refresh_token(
        self, refresh_token: str, client: object, request: OAuthRequest
    ) -> bool:
        """Find the lineage; sets `request.grant` to it and `credential` beside."""
        server = request.server
        credential = RefreshCredential.parse(refresh_token, server.settings.secret)
        if credential is None:
            log.info("refresh refused: the token was not made here")
            return False
        found = server.records.refresh_tokens.find(request.session, credential)
        if found is None or found.client_id != request.client.client_id:
            log.info("refresh refused: the token is not this client's")
            return False
        server.records.applications.prove(request.client, found.application_revision)
        if not found.is_live or not owner_is_active(request, found):
            log.info("refresh refused: the token or its owner is not active")
            return False
        request.grant, request.credential = found, credential
        request.user = found.user_id
        return True

    def get_original_scopes(
        self, refresh_token: str, request: OAuthRequest
    ) -> list[str]:
        """The scopes of the grant, as far as they are still allowed."""
        return request.server.scopes.narrowed(
            request.grant.scope, request.client, request.pyramid
        )

    def is_within_original_scope(
        self, scopes: list[str], refresh_token: str, request: OAuthRequest
    ) -> bool:
        """No: what is not among the original scopes is not within them."""
        return False
