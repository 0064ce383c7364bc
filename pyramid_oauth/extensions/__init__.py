"""Extensions: one package per specification, included by the setting `extensions`.

An extension that is left out has no endpoint, no metadata, no table and no code path.
A host names fewer, or its own, in the setting `pyramid_oauth.extensions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyramid_oauth.errors import ConfigurationError, did_you_mean
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings import PREFIX, SETTINGS
from pyramid_oauth.settings.profiles import PROFILES

EXTENSIONS = (
    "pkce",
    "revocation",
    "introspection",
    "issuer_identification",
    "form_post",
    "client_assertions",
    "legacy_grants",
    "jwks",
    "openid",
    "step_up",
    "jwt_access_tokens",
    "jwt_introspection",
    "signed_metadata",
    "par",
    "jarm",
    "dpop",
    "mtls",
    "request_objects",
    "resource_indicators",
    "rich_authorization",
    "login_initiation",
    "logout",
    "session_management",
    "registration",
    "client_id_metadata",
    "connections",
    "client_logos",
    "sessions",
    "audit",
    "consent_ledger",
    "global_token_revocation",
    "applications",
    "administration",
    "applications_api",
)
"""In the order of inclusion: `openid` before the extensions that require it."""

ON_DEMAND = frozenset(
    {
        "jwks",
        "jwt_access_tokens",
        "resource_indicators",
        "rich_authorization",
        "jwt_introspection",
        "signed_metadata",
        "client_id_metadata",
        "dpop",
        "step_up",
        "mtls",
        "jarm",
        "connections",
        "client_logos",
        "sessions",
        "audit",
        "consent_ledger",
        "global_token_revocation",
        "applications",
        "administration",
        "applications_api",
    }
)
"""Included if the setting or the profile names them, or another extension does."""

DEFAULT = "default"
"""Stands in the setting for what is included without it."""


def includeme(config: Configurator) -> None:
    """Include the extensions that the settings name.

    The default is all of ours except `ON_DEMAND`, and those that the profile adds.
    """
    settings = config.registry[SETTINGS]
    named = (DEFAULT,) if settings.extensions is None else settings.extensions
    names = [name for name in named if name != DEFAULT]
    if DEFAULT in named:
        names += [name for name in EXTENSIONS if name not in ON_DEMAND]
        names += PROFILES[settings.profile].extensions
    for name in _packages(names):
        config.include(name)


def _packages(names: Sequence[str]) -> Iterator[str]:
    """Yield our packages in their order, then those with dotted names."""
    yield from (f"{__name__}.{name}" for name in EXTENSIONS if name in names)
    for name in names:
        if "." in name:
            yield name
        elif name not in EXTENSIONS:
            near = did_you_mean(name, EXTENSIONS)
            raise ConfigurationError(
                f"{PREFIX}extensions: {name!r} is unknown{near}; there are "
                f"{', '.join(EXTENSIONS)}, and yours by their dotted names"
            )
