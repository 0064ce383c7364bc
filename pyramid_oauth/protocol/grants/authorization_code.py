"""The authorization code grant (RFC 6749 section 4.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from oauthlib.oauth2 import AuthorizationCodeGrant

from pyramid_oauth import lifetimes
from pyramid_oauth.hashing import new_hashed_credential
from pyramid_oauth.models.columns import new_id
from pyramid_oauth.protocol.credentials import add_grant
from pyramid_oauth.protocol.grants.grant_type import Check, IssuingGrant
from pyramid_oauth.protocol.issuance import TokenHandler
from pyramid_oauth.protocol.refusals import unavailable
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.unredeemed_grants import TooManyUnredeemed
from pyramid_oauth.server import Server

TOO_MANY = "the user has as many valid codes as pyramid_oauth.unredeemed_grants permits"

MANY_CODES = "Too many codes of this user have not been redeemed."


class AuthorizationCode(IssuingGrant, AuthorizationCodeGrant):
    """Codes: made at the authorization endpoint, redeemed once at the token one."""

    post_auth: ClassVar[tuple[Check, ...]] = ()
    validate_token_request = AuthorizationCodeGrant.validate_token_request

    def __init__(self, server: Server) -> None:
        self._validator = server.validator
        super().__init__(
            server.validator,
            pre_auth=[self._validate_code_request],  # type: ignore[list-item]
            post_auth=[*self.post_auth],
        )

    def _validate_code_request(self, request: OAuthRequest) -> dict[str, Any]:
        self._validator.validate_code_request(request)
        return {}

    def create_members(
        self, request: OAuthRequest, token_handler: TokenHandler, **values: object
    ) -> dict[str, str]:
        """Make the grant and its code; returns the members of the answer."""
        return {"code": self.add_code(request, new_id(), **values)}

    def add_code(
        self, request: OAuthRequest, grant_id: UUID | None, **values: object
    ) -> str:
        """Store a grant with a code; returns the code.

        Raises:
            TemporarilyUnavailableError: the user has too many valid codes.
        """
        code, digest = new_hashed_credential()
        settings = request.server.settings
        seconds = lifetimes.in_seconds(
            settings.authorization_code_lifetime, request.pyramid
        )
        try:
            add_grant(
                request,
                grant_id,
                most_unredeemed=settings.unredeemed_grants,
                code_digest=digest,
                code_expires_at=request.now + timedelta(seconds=seconds),
                code_challenge=request.code_challenge,
                redirect_uri=request.parameters.get("redirect_uri"),
                **values,
            )
        except TooManyUnredeemed as error:
            raise unavailable(request, TOO_MANY, MANY_CODES) from error
        return code
