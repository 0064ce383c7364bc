"""The grant types of RFC 6749 that every server has: oauthlib's checks, our tokens."""

from __future__ import annotations

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.grants.authorization_code import AuthorizationCode
from pyramid_oauth.protocol.grants.client_credentials import ClientCredentials
from pyramid_oauth.protocol.grants.refresh_token import RefreshToken


def includeme(config: Configurator) -> None:
    """Register our grants and response types by the public directives."""
    config.add_oauth_grant(
        "authorization_code", AuthorizationCode, writes=Writes.ONE_STATEMENT
    )
    config.add_oauth_grant(
        "client_credentials", ClientCredentials, writes=Writes.ONE_ROW
    )
    config.add_oauth_grant("refresh_token", RefreshToken, writes=Writes.ONE_STATEMENT)
    config.add_oauth_response_type(
        "code", AuthorizationCode, grant_types=("authorization_code",)
    )
