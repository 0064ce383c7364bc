"""A panel of pyramid_debugtoolbar that shows the OAuth side of a request.

No specification. For development only: the toolbar includes it, not the application::

    pyramid.includes = pyramid_debugtoolbar
    debugtoolbar.includes = pyramid_oauth.debugtoolbar
"""

from __future__ import annotations

from pyramid_oauth.debugtoolbar.panel import OAuthPanel
from pyramid_oauth.debugtoolbar.trace import record_event, start_recording, trace_steps
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.events import OAuthEvent
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import SERVER


def includeme(config: Configurator) -> None:
    """Add the panel to the toolbar's own application.

    Raises:
        ConfigurationError: It is included in the application itself.
    """
    if not hasattr(config, "inject_parent_action"):
        raise ConfigurationError(
            "pyramid_oauth.debugtoolbar is included by the toolbar: write "
            "`debugtoolbar.includes = pyramid_oauth.debugtoolbar`"
        )
    config.add_debugtoolbar_panel(OAuthPanel)
    config.inject_parent_action(observe)


def observe(config: Configurator) -> None:
    """Let the application report to the panel; called once, after it is configured."""
    start_recording()
    config.add_subscriber(record_event, OAuthEvent)
    server = config.registry.get(SERVER)
    if server is not None:  # None: a resource server alone
        trace_steps(server)
