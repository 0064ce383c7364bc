"""Dynamic client registration and its management (RFC 7591, RFC 7592).

OpenID Connect Dynamic Client Registration 1.0. The endpoint is not in the tree while
the setting `registration` is `off`.
"""

from __future__ import annotations

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import RequestOutline, Writes
from pyramid_oauth.extensions.registration.consent_notice import (
    UncheckedClientNotice,
)
from pyramid_oauth.extensions.registration.settings import CHECKS, RegistrationSettings
from pyramid_oauth.extensions.registration.software_statements import (
    SOFTWARE_STATEMENT,
    STATEMENT_ISSUERS,
    StatementIssuers,
)
from pyramid_oauth.extensions.registration.views import (
    Register,
    RegisteredClient,
    manage,
    register,
)
from pyramid_oauth.interfaces.configurator import Configurator


def writes(outline: RequestOutline) -> Writes:
    """Return what a request writes: a read request writes nothing (RFC 7592 2.1)."""
    return Writes.NONE if outline.method in ("GET", "OPTIONS") else Writes.MANY


def includeme(config: Configurator) -> None:
    """Register settings, checks and, unless `registration` is off, the endpoint."""
    config.include("pyramid_oauth.extensions.registration.repository")
    settings = config.add_oauth_settings(RegistrationSettings)
    config.add_oauth_check(*CHECKS)
    if settings.registration == "off":
        return
    if settings.registration == "open":
        config.add_oauth_consent_source("registration", UncheckedClientNotice())
    issuers = StatementIssuers(
        settings.software_statement_issuers, settings.software_statement_algorithms
    )
    config.registry[STATEMENT_ISSUERS] = issuers
    config.add_oauth_client_metadata(SOFTWARE_STATEMENT)
    config.add_oauth_endpoint(
        "register", Register, metadata="registration_endpoint", writes=writes
    )
    for view, context in ((register, Register), (manage, RegisteredClient)):
        config.add_oauth_view(
            view, context, permission=NO_PERMISSION_REQUIRED, require_csrf=False
        )
