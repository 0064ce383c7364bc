"""Pages for administrators: users' grants, keys, the outbox, the audit log and more.

RFC 9700 section 2.6, RFC 6819 section 5.1.4: operators see and revoke issued grants.
The pages are the node `administration` of the tree. They are for the principals of the
setting `administrators`. Each change is a POST with a CSRF token and sends the event
`AdministratorActed`. A destructive change needs a fresh login and a confirmation.
"""

from __future__ import annotations

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import RequestOutline, Writes
from pyramid_oauth.extensions.administration.nodes import Administration, Section
from pyramid_oauth.extensions.administration.repository import AdministrationViews
from pyramid_oauth.extensions.administration.settings import (
    CHECKS,
    AdministrationSettings,
)
from pyramid_oauth.extensions.administration.views import respond
from pyramid_oauth.interfaces.configurator import Configurator


def writes(outline: RequestOutline) -> Writes:
    """Return what a request to the pages writes: a form changes something."""
    return Writes.MANY if outline.method == "POST" else Writes.NONE


def includeme(config: Configurator) -> None:
    """Add the pages."""
    config.add_oauth_settings(AdministrationSettings)
    config.add_oauth_check(*CHECKS)
    config.add_oauth_repository("administration", AdministrationViews)
    config.add_oauth_endpoint("administration", Administration, writes=writes)
    for context in (Administration, Section):
        config.add_oauth_view(
            respond,
            context,
            # The view redirects to the login page, checks the permission, reads
            # the form strictly and checks its token itself.
            permission=NO_PERMISSION_REQUIRED,
            require_csrf=False,
        )
