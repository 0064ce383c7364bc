"""The password grant, under the `legacy` profile only (RFC 6749 section 4.3)."""

from __future__ import annotations

import json
from typing import Any

from oauthlib.oauth2 import ResourceOwnerPasswordCredentialsGrant

from pyramid_oauth.protocol import issue
from pyramid_oauth.protocol.grants.authorization_code import add_grant
from pyramid_oauth.protocol.validator.whole import VALIDATOR


class Password(ResourceOwnerPasswordCredentialsGrant):
    """The resource owner's own credentials, handed to the client."""

    def __init__(self, server: Any) -> None:
        super().__init__(VALIDATOR)

    def create_token_response(self, request: Any, token_handler: Any = None) -> Any:
        """Check, make a grant without a code, then issue."""
        VALIDATOR.authenticate_client(request)
        # oauthlib looks at the password first; to a client that may not ask it would
        # tell whether it was right.
        self.validate_grant_type(request)
        self.validate_token_request(request)
        issue.check(request, "password")
        grant_id = add_grant(request)
        payload = issue.access_token(request, grant_type="password", grant_id=grant_id)
        if issue.wants_refresh_token(request):
            payload["refresh_token"] = issue.first_refresh_token(request, grant_id)
        issue.finish(request, payload, "password")
        return {}, json.dumps(payload), 200
