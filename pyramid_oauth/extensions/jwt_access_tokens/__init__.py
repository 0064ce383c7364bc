"""JWT access tokens (RFC 9068): the format `jwt`.

Chosen by the setting `access_token_format`, by an application or by a resource. A
resource server verifies such a token by the published keys, without asking.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pyramid_oauth.config.registry import get_registrations
from pyramid_oauth.extensions.jwt_access_tokens.repository import StatelessTokens
from pyramid_oauth.extensions.jwt_access_tokens.settings import (
    CHECKS,
    NAME,
    JwtAccessTokenSettings,
)
from pyramid_oauth.extensions.jwt_access_tokens.token_format import JwtAccessToken
from pyramid_oauth.interfaces.application import Application
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.client_metadata_fields import Errors, Validation, add_error
from pyramid_oauth.models.redirect_uris import Rules
from pyramid_oauth.protocol.issuance import FORMAT


def _check_format(is_known: Callable[[object], bool]) -> Validation:
    """Return a validation of the format that an administrator gives an application."""

    def validate(application: Application, rules: Rules, errors: Errors) -> None:
        named = (application.client_metadata or {}).get(FORMAT)
        if named is not None and not is_known(named):
            add_error(errors, FORMAT, f"{named!r} is not a format of access tokens")

    return validate


def includeme(config: Configurator) -> None:
    """Add the format, its settings and its statements, and publish the keys."""
    settings = config.add_oauth_settings(JwtAccessTokenSettings)
    config.include("pyramid_oauth.extensions.jwks")
    config.add_oauth_check(*CHECKS)
    if settings.jwt_access_token_denylist:
        config.include("pyramid_oauth.repositories.replay_cache")
    config.add_oauth_repository(
        "stateless_tokens",
        partial(StatelessTokens, has_denylist=settings.jwt_access_token_denylist),
    )
    config.add_oauth_token_format(NAME, JwtAccessToken(settings))
    formats = get_registrations(config).token_formats
    config.add_oauth_client_metadata(
        validate=_check_format(lambda name: isinstance(name, str) and name in formats)
    )
