"""The page "applications with access to your account".

RFC 6749 section 1.3 (grant) and RFC 9700 section 4.14: users see what they allowed, and
withdraw it. The page is the node `connections` of the tree.
"""

from __future__ import annotations

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import RequestOutline, Writes
from pyramid_oauth.extensions.connections.views import Connections, respond
from pyramid_oauth.interfaces.configurator import Configurator


def writes(outline: RequestOutline) -> Writes:
    """Return what a request to the page writes: a form withdraws."""
    return Writes.MANY if outline.method == "POST" else Writes.NONE


def includeme(config: Configurator) -> None:
    """Add the page."""
    config.add_oauth_endpoint("connections", Connections, writes=writes)
    config.add_oauth_view(
        respond,
        Connections,
        permission=NO_PERMISSION_REQUIRED,
        # The view reads the form strictly and checks its token itself.
        require_csrf=False,
    )
