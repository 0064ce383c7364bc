"""Extensions: one package per specification, included by the setting `extensions`.

An extension that is left out has no endpoint, no metadata, no table and no code path.
A host names fewer, or its own, in the setting `pyramid_oauth.extensions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyramid_oauth.errors import ConfigurationError, did_you_mean
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings import PREFIX, SETTINGS

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
    "par",
    "request_objects",
    "login_initiation",
    "logout",
    "session_management",
    "registration",
    "connections",
)
"""In the order of inclusion: `openid` before the extensions that require it."""

ON_DEMAND = frozenset({"jwks", "connections"})
"""Included if the setting names them or another extension includes them."""


def includeme(config: Configurator) -> None:
    """Include the extensions that the settings name.

    The default is all of ours except `ON_DEMAND`.
    """
    names = config.registry[SETTINGS].extensions
    if names is None:
        names = tuple(name for name in EXTENSIONS if name not in ON_DEMAND)
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
