"""Registration of directives, and the end of the configuration for them.

Pyramid's two-phase configuration. The server, its checks and its documents are built by
late actions of the first commit after the include; a directive that follows has nothing
to add to any more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator

COMPLETE = "pyramid_oauth.configuration_complete"
"""Registry key: set once everything is built."""

LAST = 1000
"""Action order after every action that builds something."""


def add_directive(config: Configurator, directive: Callable[..., Any]) -> None:
    """Add a directive under its name; it refuses calls that would have no effect.

    Args:
        config: The Configurator.
        directive: The function `add_oauth_…` or `set_oauth_…`. One whose effect does
            not depend on the build is added by `config.add_directive` instead.
    """
    name = directive.__name__

    @wraps(directive)
    def before_the_end(
        config: Configurator, *args: object, **options: object
    ) -> object:
        if COMPLETE in config.registry:
            raise ConfigurationError(
                f"{name} was called after config.commit(), which has built everything "
                "already, so that it would have no effect; call it before the first "
                "commit that follows the include of pyramid_oauth"
            )
        return directive(config, *args, **options)

    config.add_directive(name, before_the_end)


def includeme(config: Configurator) -> None:
    """Note the end of the configuration."""
    registry = config.registry
    config.action(
        ("oauth directives", "complete"),
        lambda: registry.__setitem__(COMPLETE, True),
        order=LAST,
    )
