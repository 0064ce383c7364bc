"""What oauthlib asks about codes and their proof keys (RFC 6749 4.1, RFC 7636)."""

from __future__ import annotations

from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.validator.users import owner_is_active


class CodeAnswers:
    """Which grant a code belongs to, and what its redemption needs."""

    def validate_code(
        self, client_id: str, code: str, client: object, request: OAuthRequest
    ) -> bool:
        """Find the grant; a used code passes, so that its replay is noticed last.

        Only who has passed every check, the proof key included, may raise the alarm.
        """
        records = request.server.records
        found = records.grants.find_by_code(request.session, code)
        if found is None or found.client_id != request.client.client_id:
            return False
        records.applications.prove(request.client, found.application_revision)
        if found.code_used_at is None and not found.code_is_live:
            return False
        if not owner_is_active(request, found):
            return False
        request.grant = found
        request.user = found.user_id
        request.scopes = request.server.scopes.narrowed(
            found.scope, request.client, request.pyramid
        )
        return True

    def is_pkce_required(self, client_id: str, request: OAuthRequest) -> bool:
        """The application's word, else the server's; public clients never escape."""
        required = request.server.settings.pkce_required
        if request.client.pkce_required is not None and not request.client.is_public:
            return bool(request.client.pkce_required)
        return required

    def get_code_challenge(self, code: str, request: OAuthRequest) -> str | None:
        """The challenge of the authorization request."""
        challenge: str | None = request.grant.code_challenge
        return challenge

    def get_code_challenge_method(self, code: str, request: OAuthRequest) -> str:
        """S256, the only method there is (RFC 9700 section 2.1.1)."""
        return "S256"
