"""Unregistered redirect URIs of pushed requests (RFC 9126 section 2.4)."""

from __future__ import annotations

from pyramid_oauth.extensions.par.settings import ParSettings
from pyramid_oauth.models.redirect_uris import validation_error
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.validator import RedirectURIValidation


class PushedRedirectURIValidation(RedirectURIValidation):
    """Accepts the redirect URIs of authenticated clients that the policy accepts."""

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: OAuthRequest
    ) -> bool:
        """Whether the URI is registered, or pushed and accepted by the policy."""
        if _is_accepted_by_policy(request, redirect_uri):
            return True
        return super().validate_redirect_uri(client_id, redirect_uri, request)


def _is_accepted_by_policy(oauth: OAuthRequest, uri: str) -> bool:
    policy = oauth.server.settings[ParSettings].pushed_redirect_uri_policy
    if not oauth.is_from_client:
        return False
    client, rules = oauth.client, oauth.server.application_rules
    if client.is_public or client.redirect_uri_allowed(uri, rules):
        return False
    if validation_error(uri, rules) is not None:
        return False
    return bool(policy(oauth.pyramid, client, uri))
