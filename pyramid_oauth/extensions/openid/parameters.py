"""Parameters of an authentication request, with their decoders.

OpenID Connect Core sections 3.1.2.1, 5.2, 5.5 and 7.2.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyramid_oauth.extensions.openid.claims_parameter import requested_claims
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.language_tags import LANGUAGE_TAG

MAX_LANGUAGES = 20

TEXTS = ("nonce", "registration")


def languages(text: str) -> tuple[str, ...]:
    """Return language tags in order of preference; ignore others (section 5.2)."""
    tags = (tag for tag in text.split() if LANGUAGE_TAG.match(tag))
    return tuple(dict.fromkeys(tags))[:MAX_LANGUAGES]


def claims_of_claim(value: object) -> str:
    """Return `claims` of a request object as text."""
    if not isinstance(value, Mapping):
        raise ValueError("is not an object")
    return json.dumps(value)


def includeme(config: Configurator) -> None:
    """Register the parameters for the authorization endpoint."""
    config.include("pyramid_oauth.endpoints.authorize.authentication_parameters")
    endpoints = ("authorize",)
    for name in TEXTS:
        config.add_oauth_parameter(name, endpoints=endpoints)
    config.add_oauth_parameter(
        "id_token_hint", endpoints=endpoints, private=True, stored=False
    )
    config.add_oauth_parameter(
        "login_hint", endpoints=endpoints, login_hint=True, private=True
    )
    for name in ("ui_locales", "display"):
        config.add_oauth_parameter(name, endpoints=endpoints, login_hint=True)
    config.add_oauth_parameter(
        "claims_locales", endpoints=endpoints, login_hint=True, decode=languages
    )
    config.add_oauth_parameter(
        "claims",
        endpoints=endpoints,
        private=True,
        decode=requested_claims,
        from_claim=claims_of_claim,
    )
