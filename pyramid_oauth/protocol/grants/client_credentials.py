"""The client credentials grant (RFC 6749 section 4.4)."""

from __future__ import annotations

import json
from typing import Any

from oauthlib.oauth2 import ClientCredentialsGrant

from pyramid_oauth.protocol import issuance


class ClientCredentials(ClientCredentialsGrant):
    """A confidential client acts for itself; no user, no refresh token."""

    def __init__(self, server: Any) -> None:
        super().__init__(server.validator)

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """Check, then issue in the one statement that proves the client current."""
        self.validate_token_request(request)
        payload = issuance.access_token(
            request, grant_type="client_credentials", grant_id=None
        )
        return {}, json.dumps(payload), 200
