"""Refusal of bearer tokens, for every grant (RFC 9700 section 2.2.1).

The setting `require_sender_constrained_tokens`; extensions bind tokens by a token step
(RFC 8705, RFC 9449).
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from pyramid.registry import Registry

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft
from pyramid_oauth.resource.schemes import SCHEMES
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.settings.check_builders import fatal

CONFIRMATION = "cnf"
"""The claim that says to what a token is bound (RFC 7800 section 3.1)."""

UNBOUND = "Tokens of this server must be bound to a key or certificate of the client."


def require_sender_constraint(request: OAuthRequest, draft: TokenDraft) -> None:
    """Refuse a token that no token step has bound; nothing was consumed yet."""
    if not draft.claims.get(CONFIRMATION):
        raise InvalidRequestError(description=UNBOUND, request=request)


def _binds_nothing(registry: Registry) -> bool:
    is_required = registry[SETTINGS].require_sender_constrained_tokens
    return is_required and not registry[SCHEMES].confirmations


CHECK = fatal(
    "E019",
    "require_sender_constrained_tokens",
    _binds_nothing,
    "= true needs an extension that binds tokens, such as dpop or mtls: nobody could "
    "get a token (RFC 9700 section 2.2.1)",
    Registry,
)


def includeme(config: Configurator) -> None:
    """Add the check of the configuration."""
    config.add_oauth_check(CHECK)
