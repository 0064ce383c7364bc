"""Error responses of a resource server: status, challenge and a small body.

RFC 6750 section 3; RFC 9728 section 5.1 for `resource_metadata`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid.response import Response

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.authentication import (
    authentication,
    protected_resources,
)
from pyramid_oauth.resource.outcome import UNAVAILABLE, Outcome
from pyramid_oauth.resource.schemes import BEARER, SCHEMES
from pyramid_oauth.resource.verify.challenge import format_challenge
from pyramid_oauth.settings import SETTINGS

log = logging.getLogger(__name__)

_STATUS = {
    "invalid_request": 400,
    "invalid_token": 401,
    "insufficient_scope": 403,
    UNAVAILABLE: 503,
}

_DESCRIPTIONS = {
    "invalid_request": "The access token was not sent as RFC 6750 section 2 asks.",
    "invalid_token": "The access token is unknown, expired or revoked.",
    "insufficient_scope": "The access token does not carry the scope needed here.",
    UNAVAILABLE: "The access token cannot be verified now; try again.",
}

_QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


@dataclass(frozen=True, slots=True)
class Unmet:
    """A view requirement that a valid token does not meet (RFC 6750 section 3.1).

    Attributes:
        error: The error code.
        status: The HTTP status.
        description: The `error_description`.
        scope: The scope that is needed.
        parameters: Parameters of the challenge that state the requirement.
    """

    error: str = "insufficient_scope"
    status: int = 403
    description: str = ""
    scope: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(
    request: Request,
    error: str | None = None,
    description: str = "",
    scope: str = "",
    parameters: Mapping[str, str] | None = None,
) -> list[str]:
    """Return a challenge for each registered scheme, the one of the request first.

    Each names the scope that is needed. Only that of the request contains the error;
    without `error` the request had no credentials.
    """
    registry = request.registry
    schemes = registry[SCHEMES].by_name
    used = _used_scheme(request, schemes)
    common = {"realm": registry[SETTINGS].realm}
    needed = {"scope": scope} if scope else {}
    for resource in protected_resources(request)[:1]:
        needed["resource_metadata"] = resource.metadata_url
    error_members = {
        "error": error,
        "error_description": description,
        **(parameters or {}),
    }
    values = []
    for name in sorted(schemes, key=lambda name: name != used):
        scheme, members = schemes[name], error_members if name == used else {}
        own = scheme.challenge(request, error if name == used else None)
        values.append(
            format_challenge(scheme.name, {**common, **members, **own, **needed})
        )
    return values


def _used_scheme(request: Request, schemes: Mapping[str, Any]) -> str:
    header = request.environ.get("HTTP_AUTHORIZATION", "").strip(" \t")
    name: str = header.partition(" ")[0].lower()
    return name if name in schemes else BEARER


def refusal(
    request: Request,
    error: str | None = None,
    scope: str = "",
    *,
    status: int | None = None,
    description: str = "",
    parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the error response; return it from the view and do not raise it.

    Args:
        request: The Pyramid request.
        error: An error code of RFC 6750 or an extension, or None without credentials:
            the response then contains only the challenge (section 3.1).
        scope: The required scope.
        status: Default: that of RFC 6750 for its codes, 401 for others.
        description: Default: one for each code of RFC 6750.
        parameters: Further parameters of the challenge.
        headers: Further response headers.
    """
    described = description or (_DESCRIPTIONS.get(error, "") if error else "")
    body = {"error": error, "error_description": described} if error else {}
    body = {name: value for name, value in body.items() if value}
    response = Response(json_body=body, status=status or _STATUS.get(error or "", 401))
    if error != UNAVAILABLE:  # other credentials would not help
        for value in challenges(request, error, described, scope, parameters):
            response.headerlist.append(("WWW-Authenticate", value))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.update(headers or {})
    return response


def refuse_outcome(request: Request, outcome: Outcome, scope: str = "") -> Response:
    """Return the error response for a missing or invalid token.

    Args:
        request: The Pyramid request.
        outcome: The result of authentication.
        scope: The scope that the view needs, so that a client can ask for it at once.
    """
    if outcome.error is None:  # at DEBUG: anybody can cause any number of them
        log.debug("no access token for %.20r %.200r", request.method, request.path)
    return refusal(
        request,
        outcome.error,
        scope,
        description=outcome.description,
        headers=outcome.headers,
    )


def refuse_unmet(request: Request, unmet: Unmet) -> Response:
    """Return the error response for a valid but insufficient token."""
    return refusal(
        request,
        unmet.error,
        unmet.scope,
        status=unmet.status,
        description=unmet.description,
        parameters=unmet.parameters,
    )


def bearer_refusal(request: Request) -> Response | None:
    """Return the error response if the request has an invalid token, else None.

    For the forbidden view of a host: with None it responds as usual.
    """
    outcome = authentication(request)
    return refuse_outcome(request, outcome) if outcome.error else None


def check_realm(realm: str) -> None:
    """Raise ConfigurationError if `realm` cannot be a quoted string."""
    if not realm or not _QUOTABLE.fullmatch(realm):
        raise ConfigurationError(
            f"pyramid_oauth.realm: {realm!r} must be printable ASCII without "
            "quotation marks and backslashes"
        )
