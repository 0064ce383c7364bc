"""Builds the Server when all else is said.

What can be wrong is found here, at start-up, with the remedy in the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.config import Configurator

from pyramid_oauth.config.registry import COLLECTED
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.models import Models
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.settings import PREFIX, SETTINGS, Settings
from pyramid_oauth.settings.checks import CHECKS
from pyramid_oauth.settings.directives import LATE as CHECKS_LATE
from pyramid_oauth.settings.directives import RUN_CHECKS

LATE = 10

COMPLETE = ("oauth server", "complete")


@dataclass(frozen=True)
class Declared:
    """What a configuration declares: known without a database or an issuer."""

    settings: Settings
    models: Models


def declared(settings: Mapping[str, Any], *includes: Any) -> Declared:
    """The settings and models of an application, without building its server.

    For the `env.py` of Alembic, and for documentation::

        target_metadata = declared(settings, "shop.oauth").models.metadata

    Args:
        settings: Those of the application, as the ini has them.
        includes: The functions, or their dotted names, in which the host calls our
            directives and includes its own extensions.

    Raises:
        ConfigurationError: A setting is unknown or malformed, or a model unfit.
    """
    config = Configurator(settings=dict(settings))
    config.include("pyramid_oauth")
    for include in includes:
        config.include(include)
    # Nearer to the root than our own actions, these take their place.
    config.action(RUN_CHECKS, order=CHECKS_LATE)
    config.action(COMPLETE, order=LATE)
    config.commit()
    made = config.registry[COLLECTED]
    parsed = config.registry[SETTINGS]
    return Declared(parsed, made.complete_models())


def includeme(config: Any) -> None:
    """Build the Server when the configuration is complete and was checked."""
    config.include("pyramid_oauth.config.checks")
    config.action(COMPLETE, lambda: _complete(config.registry), order=LATE)


def _complete(registry: Any) -> None:
    try:
        server = Server(registry[SETTINGS], registry[COLLECTED])
    except KeysError as error:
        raise ConfigurationError(f"{PREFIX}signing_key_files: {error}") from error
    checks = registry[CHECKS]
    checks.subjects[Server] = server
    checks.run()
    registry[SERVER] = server
