"""The authorization endpoint and its consent page (RFC 6749 section 3.1).

A request walks through a list of named steps; the first that answers ends it.
"""

from __future__ import annotations

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import RequestOutline, Writes
from pyramid_oauth.endpoints.authorize import parameters, response, steps, views
from pyramid_oauth.endpoints.authorize.context import NAME
from pyramid_oauth.endpoints.authorize.views import Authorize, Pending

REPLACING = frozenset({"request", "request_uri"})
"""Parameters behind which others stand, such as another response type."""


def writes(outline: RequestOutline) -> Writes:
    """A request for a code and nothing else leaves one row, a grant or itself."""
    given = outline.parameters
    if outline.method != "GET" or outline.is_child or given.keys() & REPLACING:
        return Writes.MANY
    is_for_code = given.get("response_type") == "code"
    return Writes.ONE_ROW if is_for_code else Writes.MANY


def metadata(server: Any) -> dict[str, Any]:
    """The members of RFC 8414 section 2."""
    return {
        "response_types_supported": list(server.response_types),
        "response_modes_supported": list(server.response_modes),
    }


def includeme(config: Any) -> None:
    """Add the endpoint, the consent page below it, and the steps in their order."""
    config.add_oauth_endpoint(
        NAME, Authorize, metadata="authorization_endpoint", writes=writes
    )
    config.add_oauth_metadata("authorize", metadata)
    config.include(parameters)
    config.include(steps)
    config.include(response)
    config.add_oauth_view(
        views.authorize,
        Authorize,
        permission=NO_PERMISSION_REQUIRED,
        # RFC 6749 section 3.1 allows a client to POST its request here; it decides
        # nothing, so there is nothing to forge.
        require_csrf=False,
    )
    config.add_oauth_view(
        views.pending,
        Pending,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
        request_method="GET",
    )
    # `decide` asks Pyramid's CSRF storage itself, on strictly read input.
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
