"""Pages on which people register and manage applications (clients).

RFC 6749 section 2: registration "typically involve[s] end-user interaction with an HTML
registration form". Owners manage their own applications, administrators all of them.
The node `applications` contains the configured Application instances.
"""

from __future__ import annotations

from pyramid_oauth.config.registry import RequestOutline, Writes
from pyramid_oauth.extensions.applications import views
from pyramid_oauth.extensions.applications.consent_notice import OwnersClientNotice
from pyramid_oauth.extensions.applications.container import (
    ApplicationContainer,
    UnknownApplication,
    add_view,
)
from pyramid_oauth.extensions.applications.pages import as_view
from pyramid_oauth.extensions.applications.settings import (
    CHECKS,
    ApplicationsSettings,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication

READ, SEND = ("GET", "HEAD"), ("POST",)

PAGES = {
    "": (views.show, READ),
    "edit": (views.edit, READ + SEND),
    "disable": (views.disable, SEND),
    "enable": (views.enable, SEND),
    "rotate-secret": (views.rotate_secret, SEND),
    "delete": (views.delete, READ + SEND),
}
"""The views of an application, by name."""


class Applications(ApplicationContainer):
    """`applications`: the pages of all applications that a person may see."""


def writes(outline: RequestOutline) -> Writes:
    """Return what a request to the pages writes: only forms do."""
    return Writes.MANY if outline.method == "POST" else Writes.NONE


def includeme(config: Configurator) -> None:
    """Add settings, the notice of the consent page, and the pages."""
    config.include("pyramid_oauth.repositories.rate_limits")
    config.add_oauth_settings(ApplicationsSettings)
    config.add_oauth_check(*CHECKS)
    config.add_oauth_consent_source("applications", OwnersClientNotice())
    config.add_oauth_endpoint("applications", Applications, writes=writes)
    add_view(config, Applications, Applications, "", as_view(views.show_list, *READ))
    add_view(
        config,
        Applications,
        Applications,
        "register",
        as_view(views.register, *READ, *SEND),
    )
    for name, (view, methods) in PAGES.items():
        for context in (AbstractApplication, UnknownApplication):
            add_view(config, Applications, context, name, as_view(view, *methods))
