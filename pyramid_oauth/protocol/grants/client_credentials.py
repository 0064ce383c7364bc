"""The client credentials grant (RFC 6749 section 4.4)."""

from __future__ import annotations

from oauthlib.oauth2 import ClientCredentialsGrant

from pyramid_oauth.protocol.grants.grant_type import IssuingGrant
from pyramid_oauth.server import Server


class ClientCredentials(IssuingGrant, ClientCredentialsGrant):
    """A confidential client acts for itself; no user, no refresh token.

    The token is stored in the one statement that proves the client current.
    """

    refresh_token = False
    is_repeatable = True
    validate_token_request = ClientCredentialsGrant.validate_token_request

    def __init__(self, server: Server) -> None:
        super().__init__(server.validator)
