"""The implicit grant, under the `legacy` profile only (RFC 6749 section 4.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from oauthlib.oauth2 import ImplicitGrant
from oauthlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError

from pyramid_oauth.protocol import issue
from pyramid_oauth.protocol.grants.authorization_code import Check, add_grant
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.validator.whole import VALIDATOR


class Implicit(ImplicitGrant):
    """An access token straight from the authorization endpoint."""

    post_auth: ClassVar[tuple[Check, ...]] = ()

    def __init__(self, server: Any) -> None:
        super().__init__(VALIDATOR, post_auth=[*self.post_auth])

    def authorized(self, request: OAuthRequest, **details: Any) -> dict[str, str]:
        """Make the grant and its token; returns the members of the answer."""
        grant_id = add_grant(request, **details)
        payload = issue.access_token(request, grant_type="implicit", grant_id=grant_id)
        return {name: str(value) for name, value in payload.items()}

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """There is no such exchange at the token endpoint."""
        raise UnsupportedGrantTypeError(request=request)
