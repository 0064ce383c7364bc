"""What oauthlib asks about redirect URIs (RFC 6749 section 3.1.2).

A refusal is explained in the log, component by component; the caller learns nothing.
"""

from __future__ import annotations

import logging

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from pyramid_oauth.models import redirection
from pyramid_oauth.protocol.request import OAuthRequest

log = logging.getLogger(__name__)


class RedirectAnswers:
    """Which redirect URI an application may use."""

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: OAuthRequest
    ) -> bool:
        """Whether the application registered the URI."""
        rules = request.server.redirect_rules
        if request.client.redirect_uri_allowed(redirect_uri, rules):
            return True
        for registered in request.client.redirect_uris.split():
            log.warning(
                "redirect_uri %.300r of client %r refused: differs in %s from %.300r",
                redirect_uri,
                client_id,
                redirection.mismatch(registered, redirect_uri, rules),
                registered,
            )
        return False

    def get_default_redirect_uri(
        self, client_id: str, request: OAuthRequest
    ) -> str | None:
        """The registered URI, where there is exactly one."""
        uri: str | None = request.client.default_redirect_uri
        return uri

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str,
        client: object,
        request: OAuthRequest,
    ) -> bool:
        """Whether the URI is the one of the authorization request (section 4.1.3).

        oauthlib's error for another one is not that of section 5.2.
        """
        if request.grant.redirect_uri != request.parameters.get("redirect_uri"):
            raise InvalidGrantError(
                description="redirect_uri is not that of the authorization request.",
                request=request,
            )
        return True
