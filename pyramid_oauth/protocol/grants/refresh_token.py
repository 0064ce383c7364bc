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
from pyramid_oauth.protocol import issuance, revocation
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.refresh_tokens import RefreshCredential


class RefreshToken(RefreshTokenGrant):
    """One conditional UPDATE decides which of several requests rotates."""

    def __init__(self, server: Any) -> None:
        super().__init__(server.validator)

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """Check and make everything, then advance the lineage and store."""
        self.validate_token_request(request)
        issuance.check(request, "refresh_token")
        presented, found = request.credential, request.grant
        is_present = presented.generation == found.generation
        if not is_present:
            self._check_superseded(request, found)
        settings = request.server.settings
        # RFC 9700 section 2.2.2: nothing else would tell of a public client's theft.
        rotates = settings.rotate_refresh_tokens or request.client.is_public
        stays = is_present and not rotates
        successor = presented if stays else presented.successor
        of = {"grant_type": "refresh_token", "grant_id": found.grant_id}
        made = issuance.draft(request, **of)
        made.payload["refresh_token"] = successor.text(settings.secret[0])
        issuance.finish(request, made.payload, "refresh_token")
        if not (is_present and self._advanced(request, successor, made)):
            request.server.repositories.access_tokens.add(request.session, made.row)
        issuance.announce(request, **of)
        return {}, json.dumps(made.payload), 200

    def _advanced(
        self, request: OAuthRequest, successor: RefreshCredential, made: issuance.Draft
    ) -> bool:
        """Advance and store; False where another request left the same successor."""
        records, session = request.server.repositories, request.session
        idle = lifetimes.refresh_token_idle(
            request.server.settings, request.client, request.pyramid
        )
        until = lifetimes.from_now(idle)
        if records.consumption.advance(
            session, request.grant, successor.generation, until, made.row
        ):
            return True
        again = records.refresh_tokens.find(session, request.credential)
        if again is None or not again.is_live:
            raise InvalidGrantError(request=request)
        self._check_superseded(request, again)
        return False

    def _check_superseded(self, request: OAuthRequest, found: Any) -> None:
        """Pass within the grace window, raise the alarm outside.

        Who passes is answered with the same successor.
        """
        settings, presented = request.server.settings, request.credential
        is_predecessor = presented.generation == found.generation - 1
        if is_predecessor and found.rotated_within(settings.refresh_token_grace):
            return
        window = settings.refresh_token_collision_window
        if not (is_predecessor and found.rotated_within(window)):
            revocation.revoke_replayed(request, found.grant_id, "refresh token")
        raise InvalidGrantError(request=request)
