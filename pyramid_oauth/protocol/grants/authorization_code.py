"""The authorization code grant (RFC 6749 section 4.1)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from oauthlib.oauth2 import AuthorizationCodeGrant
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from pyramid_oauth import lifetimes
from pyramid_oauth.hashing import new_credential, sha256_digest
from pyramid_oauth.protocol import issuance, revocation
from pyramid_oauth.protocol.grants.grant_type import Check, add_grant
from pyramid_oauth.protocol.request import OAuthRequest


class AuthorizationCode(AuthorizationCodeGrant):
    """Codes: made at the authorization endpoint, redeemed once at the token one."""

    post_auth: ClassVar[tuple[Check, ...]] = ()

    def __init__(self, server: Any) -> None:
        self._validator = server.validator
        super().__init__(
            server.validator,
            pre_auth=[self._validate_code_request],
            post_auth=[*self.post_auth],
        )

    def _validate_code_request(self, request: Any) -> dict[str, Any]:
        self._validator.validate_code_request(request)
        return {}

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """Check and make everything, then use the code up and store."""
        self.validate_token_request(request)
        issuance.check(request, "authorization_code")
        if request.grant.code_used_at is not None:
            raise _replayed(request)
        of = {"grant_type": "authorization_code", "grant_id": request.grant.id}
        made = issuance.draft(request, **of)
        refresh = None
        if issuance.wants_refresh_token(request):
            token, refresh = issuance.draft_refresh_token(request, request.grant.id)
            made.payload["refresh_token"] = token
        issuance.finish(request, made.payload, "authorization_code")
        if not request.server.repositories.consumption.redeem(
            request.session, request.grant.id, made.row, refresh
        ):
            raise _replayed(request)
        issuance.announce(request, **of)
        return {}, json.dumps(made.payload), 200

    def authorized(self, request: OAuthRequest, **details: Any) -> dict[str, str]:
        """Make the grant and its code; returns the members of the answer.

        `details` are attributes of the grant (`session_id`, `authentication`, …).
        """
        return {"code": self.add_code(request, **details)[0]}

    def add_code(self, request: OAuthRequest, **details: Any) -> tuple[str, Any]:
        """Store a grant with a code; returns the code and the grant's id."""
        code = new_credential()
        seconds = lifetimes.in_seconds(
            request.server.settings.authorization_code_lifetime, request.pyramid
        )
        grant_id = add_grant(
            request,
            code_digest=sha256_digest(code),
            code_expires_at=lifetimes.from_now(seconds),
            code_challenge=request.code_challenge,
            redirect_uri=request.parameters.get("redirect_uri"),
            **details,
        )
        return code, grant_id


def _replayed(request: OAuthRequest) -> InvalidGrantError:
    revocation.revoke_replayed(request, request.grant.id, "authorization code")
    return InvalidGrantError(request=request)
