"""Builds the Server when all else is said.

What can be wrong is found here, at start-up, with the remedy in the message.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.registry import COLLECTED
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.settings import PREFIX, SETTINGS
from pyramid_oauth.settings.checks import CHECKS

LATE = 10


def includeme(config: Any) -> None:
    """Build the Server when the configuration is complete and was checked."""
    config.include("pyramid_oauth.config.checks")
    config.action(
        ("oauth server", "complete"), lambda: _complete(config.registry), order=LATE
    )


def _complete(registry: Any) -> None:
    try:
        server = Server(registry[SETTINGS], registry[COLLECTED])
    except KeysError as error:
        raise ConfigurationError(f"{PREFIX}signing_key_files: {error}") from error
    checks = registry[CHECKS]
    checks.subjects[Server] = server
    checks.run()
    registry[SERVER] = server
