"""Logos of clients, served from this origin (RFC 7591 section 2, `logo_uri`).

Browsers then send no request to a client before the user has decided, and the client
cannot exchange a logo after it was fetched. The server fetches each logo once, and
serves only image types that cannot contain scripts.
"""

from __future__ import annotations

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.extensions.client_logos.settings import ClientLogoSettings
from pyramid_oauth.extensions.client_logos.views import (
    NAME,
    ClientLogos,
    show_logo,
    signed_url,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings.check_builders import SECRET_HELP, fatal

NEEDS_SECRET = fatal(
    "E052",
    "secret",
    lambda settings: not settings.secret,
    f"is missing; client_logos signs the addresses of logos: {SECRET_HELP}",
)


def includeme(config: Configurator) -> None:
    """Add the endpoint, and let pages load logos from it."""
    config.add_oauth_settings(ClientLogoSettings)
    config.add_oauth_check(NEEDS_SECRET)
    config.add_oauth_endpoint(NAME, ClientLogos, writes=Writes.NONE)
    config.add_oauth_view(
        show_logo,
        ClientLogos,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
    config.set_oauth_client_logo_url(signed_url)
