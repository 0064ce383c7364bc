"""Authorization endpoint and consent page (RFC 6749 section 3.1).

A request passes through a list of named steps, until one of them answers.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import (
    Registrations,
    RequestOutline,
    Writes,
    get_registrations,
)
from pyramid_oauth.endpoints.authorize import (
    parameters,
    response,
    steps,
    views,
    waiting,
)
from pyramid_oauth.endpoints.authorize.authentication_parameters import (
    AuthenticationSettings,
)
from pyramid_oauth.endpoints.authorize.context import NAME
from pyramid_oauth.endpoints.authorize.views import Authorize, Pending
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server


def writes(registrations: Registrations, outline: RequestOutline) -> Writes:
    """Return what a request writes: for a code one row, a grant or the request.

    A recorder that is told remembered decisions may write a further one.
    """
    names = outline.parameters.keys()
    if outline.method != "GET" or outline.is_child or names & waiting.REFERENCES:
        return Writes.MANY
    if any(each.remembered for each in registrations.consent_recorders.values()):
        return Writes.MANY
    is_for_code = outline.parameters.get("response_type") == "code"
    return Writes.ONE_ROW if is_for_code else Writes.MANY


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of RFC 8414 section 2 that describe this endpoint."""
    return {
        "response_types_supported": list(server.response_types),
        "response_modes_supported": list(server.response_modes),
    }


def includeme(config: Configurator) -> None:
    """Add the endpoint, the consent page below it, and the steps in their order."""
    config.add_oauth_endpoint(
        NAME,
        Authorize,
        metadata="authorization_endpoint",
        writes=partial(writes, get_registrations(config)),
    )
    config.add_oauth_settings(AuthenticationSettings)
    config.add_oauth_metadata("authorize", metadata)
    config.add_oauth_request_method("waiting_request", waiting.waiting_request)
    config.include(parameters)
    config.include(steps)
    config.include(response)
    _add_views(config)


def _add_views(config: Configurator) -> None:
    config.add_oauth_view(
        views.authorize,
        Authorize,
        permission=NO_PERMISSION_REQUIRED,
        # Clients may POST a request (RFC 6749 section 3.1). It decides nothing, so that
        # there is nothing to forge.
        require_csrf=False,
    )
    config.add_oauth_view(
        views.pending,
        Pending,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
        request_method="GET",
    )
    # `decide` checks the CSRF token itself, in a form that was read strictly.
    config.add_oauth_view(
        views.decide,
        Pending,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
        request_method="POST",
    )
    config.add_oauth_view(
        views.refuse,
        Pending,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
