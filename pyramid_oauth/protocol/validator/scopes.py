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
        catalogue = provider.catalogue(request.pyramid)
        asked = list(dict.fromkeys(scopes))
        if request.server.settings.openid and "openid" in asked:
            # OpenID Connect Core section 3.1.2.1: what is not understood is ignored.
            asked = [name for name in asked if name in catalogue]
        request.scopes = asked
        if not asked:
            return not catalogue
        return all(
            provider.allows(name, request.client, request.pyramid) for name in asked
        )

    def get_default_scopes(self, client_id: str, request: OAuthRequest) -> list[str]:
        """The application's default, else the server's."""
        return list(request.server.scopes.default(request.client, request.pyramid))
