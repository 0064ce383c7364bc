"""Pushed Authorization Requests (RFC 9126).

A client sends its authorization request to the server directly; the browser sends a
reference to it.
"""

from __future__ import annotations

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.extensions.par import steps
from pyramid_oauth.extensions.par.redirect_uris import PushedRedirectURIValidation
from pyramid_oauth.extensions.par.settings import CHECKS, ParSettings
from pyramid_oauth.extensions.par.views import AuthorizationRequestPushed, Par, push
from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.client_metadata_fields import BOX, Field, MemberInput, boolean
from pyramid_oauth.server import Server

__all__ = ["AuthorizationRequestPushed", "includeme"]

REQUIRE_PUSHED = Field(
    name=steps.REQUIRED,
    shape=boolean,
    is_protection=True,
    read_by="the authorization endpoint",
    input=MemberInput(
        kind=BOX,
        label=_("Every authorization request must be pushed (PAR)"),
        hint=_("One that comes by the browser alone is refused."),
    ),
)


def metadata(server: Server) -> dict[str, Any]:
    """Return the member of section 5: whether all requests must be pushed."""
    settings = server.settings[ParSettings]
    return {steps.REQUIRED: settings.require_pushed_authorization_requests}


def includeme(config: Configurator) -> None:
    """Add the settings, and if enabled the endpoint, steps and metadata."""
    settings = config.add_oauth_settings(ParSettings)
    config.add_oauth_check(*CHECKS)
    if not settings.pushed_authorization_requests:
        return
    config.add_oauth_endpoint(
        "par", Par, metadata="pushed_authorization_request_endpoint"
    )
    config.add_oauth_view(
        push, Par, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
    config.include("pyramid_oauth.repositories.rate_limits")
    if settings.pushed_redirect_uri_policy is not None:
        config.add_oauth_request_validation(PushedRedirectURIValidation)
    config.add_oauth_client_metadata(REQUIRE_PUSHED)
    config.add_oauth_metadata("par", metadata)
    config.add_oauth_authorize_step(
        "load_pushed_request",
        steps.load_pushed_request,
        phase=Phase.LOAD,
        before="load_request_object",
        parameters=("request_uri",),
    )
    config.add_oauth_authorize_step(
        "require_pushed_request",
        steps.require_pushed_request,
        # After `validate`, so that the error is sent to the verified redirect URI.
        after="validate",
        before="check_values",
    )
