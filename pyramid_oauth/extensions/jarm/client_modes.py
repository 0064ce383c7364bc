"""The response modes that a client limits itself to.

FAPI 2.0 Message Signing section 5.3.3: the client metadata member `response_modes`. Who
sends a request in place of the client cannot have the response sent in another way.
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.response import default_mode
from pyramid_oauth.models.client_metadata_fields import Field, several, words
from pyramid_oauth.protocol.request import OAuthRequest

SHORTCUT = "jwt"

RESPONSE_MODES = Field(
    name="response_modes",
    shape=several(words),
    is_protection=True,
    read_by="the authorization endpoint",
    offered="response_modes_supported",
)


def require_registered_mode(authorization: Authorization) -> None:
    """Refuse a mode that the client did not register; the error takes one of its own.

    A client that registered none may use all that the server has.
    """
    oauth = authorization.oauth
    registered = oauth.client.declared("response_modes")
    if registered is None or not _names(oauth).isdisjoint(registered):
        return
    modes = authorization.server.response_modes
    oauth.response_mode = next((name for name in registered if name in modes), None)
    raise InvalidRequestError(
        description="response_mode is none of those that the client registered.",
        request=oauth,
    )


def _names(oauth: OAuthRequest) -> set[str]:
    """Return the names of the mode of a request: `jwt` is a shortcut (JARM 2.3.4)."""
    default = default_mode(oauth)
    shortcut = {SHORTCUT, f"{default}.{SHORTCUT}"}
    mode = oauth.response_mode or default
    return shortcut if mode in shortcut else {mode}
