"""What oauthlib asks about scopes (RFC 6749 section 3.3)."""

from __future__ import annotations

from pyramid_oauth.protocol.request import OAuthRequest


class ScopeAnswers:
    """Which scopes an application may have."""

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: object, request: OAuthRequest
    ) -> bool:
        """Whether all are allowed; none at all pass only where the server has none."""
        provider = request.server.scopes
        request.scopes = list(dict.fromkeys(scopes))
        if not scopes:
            return not provider.catalogue(request.pyramid)
        return all(
            provider.allows(name, request.client, request.pyramid) for name in scopes
        )

    def get_default_scopes(self, client_id: str, request: OAuthRequest) -> list[str]:
        """The application's default, else the server's."""
        return list(request.server.scopes.default(request.client, request.pyramid))
