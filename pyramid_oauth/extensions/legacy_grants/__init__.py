"""The implicit and the resource owner password grant, for the `legacy` profile.

RFC 6749 sections 4.2 and 4.3.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from oauthlib.oauth2 import ImplicitGrant, ResourceOwnerPasswordCredentialsGrant
from oauthlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError

from pyramid_oauth.protocol import issuance
from pyramid_oauth.protocol.grants.grant_type import Check, add_grant
from pyramid_oauth.protocol.request import OAuthRequest


class Implicit(ImplicitGrant):
    """An access token straight from the authorization endpoint."""

    post_auth: ClassVar[tuple[Check, ...]] = ()

    def __init__(self, server: Any) -> None:
        super().__init__(server.validator, post_auth=[*self.post_auth])

    def authorized(self, request: OAuthRequest, **details: Any) -> dict[str, str]:
        """Make the grant and its token; returns the members of the answer."""
        grant_id = add_grant(request, **details)
        payload = issuance.access_token(
            request, grant_type="implicit", grant_id=grant_id
        )
        return {name: str(value) for name, value in payload.items()}

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """There is no such exchange at the token endpoint."""
        raise UnsupportedGrantTypeError(request=request)


class ResourceOwnerValidation:
    """Whether a password is right."""

    def validate_user(
        self, username: str, password: str, client: object, request: OAuthRequest
    ) -> bool:
        """Set `request.user` to the active subject whose credentials these are."""
        accounts = request.server.accounts
        subject = accounts.authenticate_password(request.pyramid, username, password)
        if subject is None or not accounts.is_active(request.pyramid, subject):
            return False
        request.user = subject
        return True


class Password(ResourceOwnerPasswordCredentialsGrant):
    """The resource owner's own credentials, handed to the client."""

    def __init__(self, server: Any) -> None:
        super().__init__(server.validator)

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """Check, make a grant without a code, then issue."""
        self.validate_client_authentication(request)
        # oauthlib looks at the password first; to a client that may not ask it would
        # tell whether it was right.
        self.validate_grant_type(request)
        self.validate_token_request(request)
        issuance.check(request, "password")
        grant_id = add_grant(request)
        payload = issuance.access_token(
            request, grant_type="password", grant_id=grant_id
        )
        if issuance.wants_refresh_token(request):
            payload["refresh_token"] = issuance.first_refresh_token(request, grant_id)
        issuance.finish(request, payload, "password")
        return {}, json.dumps(payload), 200


def includeme(config: Any) -> None:
    """Register both grants, the response type `token` and the check of a password."""
    config.add_oauth_grant("password", Password)
    config.add_oauth_grant("implicit", Implicit)
    config.add_oauth_response_type("token", Implicit, grant_types=("implicit",))
    config.add_oauth_request_validation(ResourceOwnerValidation)
