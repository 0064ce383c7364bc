"""The page "where you are logged in".

NIST SP 800-63B section 5 (sessions), OpenID Connect Back-Channel Logout section 2.7:
users see their login sessions, and end them. The page is the node `sessions` of the
tree; ``config.set_oauth_login_sessions`` says where the sessions are stored.
"""

from __future__ import annotations

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import RequestOutline, Writes
from pyramid_oauth.extensions.sessions.views import Sessions, respond
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server
from pyramid_oauth.settings.check_builders import fatal

HAS_NO_SESSIONS = fatal(
    "E050",
    "extensions",
    lambda server: server.login_sessions is None,
    ": sessions has nothing to list; call config.set_oauth_login_sessions(...)",
    Server,
)


def writes(outline: RequestOutline) -> Writes:
    """Return what a request to the page writes: a form ends sessions."""
    return Writes.MANY if outline.method == "POST" else Writes.NONE


def includeme(config: Configurator) -> None:
    """Add the page, and the check that there are sessions to list."""
    config.add_oauth_check(HAS_NO_SESSIONS)
    config.add_oauth_endpoint("sessions", Sessions, writes=writes)
    config.add_oauth_view(
        respond,
        Sessions,
        permission=NO_PERMISSION_REQUIRED,
        # The view reads the form strictly and checks its token itself.
        require_csrf=False,
    )
