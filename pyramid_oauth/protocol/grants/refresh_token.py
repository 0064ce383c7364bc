"""The refresh token grant (RFC 6749 section 6); `protocol.credentials` rotates."""

from __future__ import annotations

from oauthlib.oauth2 import RefreshTokenGrant

from pyramid_oauth.protocol.grants.grant_type import IssuingGrant
from pyramid_oauth.server import Server


class RefreshToken(IssuingGrant, RefreshTokenGrant):
    """One conditional UPDATE decides which of several requests rotates."""

    validate_token_request = RefreshTokenGrant.validate_token_request

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator)
        # Within the grace the same token is answered once more.
        self.is_repeatable = server.settings.refresh_token_grace > 0
