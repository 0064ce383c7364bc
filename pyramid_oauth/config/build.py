"""Reading the settings first, and building the Server when all else is said.

What can be wrong is found here, at start-up, with the remedy in the message.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from pyramid_oauth.config.checks import (
    problems,
    registration_problems,
    scope_problems,
    weaknesses,
)
from pyramid_oauth.config.registry import COLLECTED, Registrations
from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.server import SERVER, SETTINGS, Server
from pyramid_oauth.settings import PREFIX, Settings

LATE = 10


def includeme(config: Any) -> None:
    """Parse the settings now, build the Server when the configuration is complete."""
    settings = Settings.parse(config.registry.settings)
    config.registry[SETTINGS] = settings
    config.action(
        ("oauth server", "complete"), lambda: _complete(config, settings), order=LATE
    )


def _complete(config: Any, settings: Settings) -> None:
    made: Registrations = config.registry[COLLECTED]
    _stop_for(problems(config, settings, made))
    for weakness in weaknesses(settings):
        warnings.warn(weakness, InsecureSettingWarning, stacklevel=1)
    try:
        server = Server(settings, made)
    except KeysError as error:
        raise ConfigurationError(f"{PREFIX}signing_key_files: {error}") from error
    _stop_for((*scope_problems(server), *registration_problems(server)))
    config.registry[SERVER] = server


def _stop_for(found: Iterable[str]) -> None:
    """Say everything that is wrong at once."""
    told = "\n".join(found)
    if told:
        raise ConfigurationError(told)
