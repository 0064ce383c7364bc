"""The refresh token grant with rotation (RFC 6749 section 6, RFC 9700 section 4.14).

Three states of a presented token: the live generation, the one before it within the
grace window (answered with the same successor), anything else (theft).
"""

from __future__ import annotations

import json
from typing import Any

from oauthlib.oauth2 import RefreshTokenGrant
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from pyramid_oauth import lifetimes
from pyramid_oauth.models.records.refresh_tokens import RefreshCredential
from pyramid_oauth.protocol import issue, revoke
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.validator.whole import VALIDATOR


class RefreshToken(RefreshTokenGrant):
    """One conditional UPDATE decides which of several requests rotates."""

    def __init__(self, server: Any) -> None:
        super().__init__(VALIDATOR)

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """Check everything, advance the lineage, then issue."""
        self.validate_token_request(request)
        issue.check(request, "refresh_token")
        credential = self._advanced(request)
        payload = issue.access_token(
            request, grant_type="refresh_token", grant_id=request.grant.grant_id
        )
        key = request.server.settings.secret[0]
        payload["refresh_token"] = credential.text(key)
        issue.finish(request, payload, "refresh_token")
        return {}, json.dumps(payload), 200

    def _advanced(self, request: OAuthRequest) -> RefreshCredential:
        presented, found = request.credential, request.grant
        if presented.generation != found.generation:
            return self._superseded(request, found)
        # RFC 9700 section 2.2.2: nothing else would tell of a public client's theft.
        rotates = (
            request.server.settings.rotate_refresh_tokens or request.client.is_public
        )
        successor: RefreshCredential = presented.successor if rotates else presented
        idle = lifetimes.refresh_token_idle(
            request.server.settings, request.client, request.pyramid
        )
        shelf = request.server.records.refresh_tokens
        if shelf.advance(
            request.session, found, successor.generation, lifetimes.from_now(idle)
        ):
            return successor
        # Another request was first; what it left decides.
        again = shelf.find(request.session, presented)
        if again is None or not again.is_live:
            raise InvalidGrantError(request=request)
        return self._superseded(request, again)

    def _superseded(self, request: OAuthRequest, found: Any) -> RefreshCredential:
        """The same successor within the grace window, the alarm outside."""
        settings, presented = request.server.settings, request.credential
        is_predecessor = presented.generation == found.generation - 1
        if is_predecessor and found.rotated_within(settings.refresh_token_grace):
            return presented.successor  # type: ignore[no-any-return]
        window = settings.refresh_token_collision_window
        if not (is_predecessor and found.rotated_within(window)):
            revoke.replayed(request, found.grant_id, "refresh token")
        raise InvalidGrantError(request=request)
