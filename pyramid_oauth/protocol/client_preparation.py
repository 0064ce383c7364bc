"""Preparation of the client that an authorization request names (RFC 6749 4.1.1)."""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import InvalidClientIdError

from pyramid_oauth.clients.sources import prepare_client
from pyramid_oauth.protocol.request import OAuthRequest


def is_prepared(client_id: str, request: OAuthRequest) -> bool:
    """Let the client sources add or renew the client; whether none refuses it.

    Raises:
        InvalidClientIdError: One refuses it and tells why.
    """
    server = request.server
    refusal = prepare_client(
        server, request.pyramid, request.session, client_id, is_authorization=True
    )
    if refusal is None:
        return True
    request.refuse(*refusal)
    if refusal.description is None:
        return False
    raise InvalidClientIdError(description=refusal.description, request=request)
