"""What oauthlib asks about resource owners (RFC 6749 section 4.3)."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.protocol.request import OAuthRequest


class UserAnswers:
    """Whether a password is right; asked under the `legacy` profile only."""

    def validate_user(
        self,
        username: str,
        password: str,
        client: object,
        request: OAuthRequest,
    ) -> bool:
        """Set `request.user` to the active subject whose credentials these are."""
        accounts = request.server.accounts
        subject = accounts.authenticate_password(request.pyramid, username, password)
        if subject is None or not accounts.is_active(request.pyramid, subject):
            return False
        request.user = subject
        return True


def owner_is_active(request: OAuthRequest, found: Any) -> bool:
    """Whether the owner of what a statement `found` may still use it."""
    if found.user_active is not None:
        return bool(found.user_active)
    return request.server.accounts.is_active(request.pyramid, found.user_id)
