"""The extensions: one package per specification, and the list of those included.

Leaving one out: not in the tree, not advertised, no table, no code path. A host names
fewer, or one of its own, in the setting `pyramid_oauth.extensions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pyramid_oauth.errors import ConfigurationError, did_you_mean
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
)
"""In the order in which they are included: `openid` before what needs it."""

ON_DEMAND = frozenset({"jwks"})
"""Included where the setting names them, or by an extension that needs them."""


def includeme(config: Any) -> None:
    """Include the extensions that the settings name.

    By default all of ours, but those that another one includes on demand.
    """
    given = config.registry[SETTINGS].extensions
    if given is None:
        given = tuple(name for name in EXTENSIONS if name not in ON_DEMAND)
    for name in _packages(given):
        config.include(name)


def _packages(given: Sequence[str]) -> Iterator[str]:
    """Our packages in their order, then those that are named by a dotted name."""
    yield from (f"{__name__}.{name}" for name in EXTENSIONS if name in given)
    for name in given:
        if "." in name:
            yield name
        elif name not in EXTENSIONS:
            near = did_you_mean(name, EXTENSIONS)
            raise ConfigurationError(
                f"{PREFIX}extensions: {name!r} is unknown{near}; there are "
                f"{', '.join(EXTENSIONS)}, and yours by their dotted names"
            )
