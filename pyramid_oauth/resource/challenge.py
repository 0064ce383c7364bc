"""Answers of a resource server that refuses: status, challenge and a small body.

RFC 6750 section 3; RFC 9728 section 5.1 for `resource_metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource.authentication import Outcome, authentication
from pyramid_oauth.resource.schemes import BEARER, SCHEMES
from pyramid_oauth.settings import SETTINGS

RESOURCE_METADATA = "pyramid_oauth.resource_metadata"

_STATUS = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}

_DESCRIPTIONS = {
    "invalid_request": "The access token was not sent as RFC 6750 section 2 asks.",
    "invalid_token": "The access token is unknown, expired or revoked.",
    "insufficient_scope": "The access token does not carry the scope needed here.",
}

_QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")

_UNQUOTABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")

_URL = re.compile(r"https?://[\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True)
class Unmet:
    """What a view asks for and a valid token lacks (RFC 6750 section 3.1).

    `parameters` are those of the challenge that say what is needed.
    """

    error: str = "insufficient_scope"
    status: int = 403
    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(
    request: Request,
    error: str | None = None,
    description: str = "",
    parameters: Mapping[str, str] | None = None,
) -> list[str]:
    """A challenge for each registered scheme, the one that was used first.

    That one alone tells the error; without `error` no credentials were sent.
    """
    registry = request.registry
    schemes = registry[SCHEMES].by_name
    used = _used_scheme(request, schemes)
    common = {"realm": registry[SETTINGS].realm}
    resource = {"resource_metadata": registry.get(RESOURCE_METADATA)}
    about = {
        "error": error,
        "error_description": description,
        **(parameters or {}),
    }
    found = []
    for name in sorted(schemes, key=lambda name: name != used):
        scheme, told = schemes[name], about if name == used else {}
        own = scheme.challenge(request, error if name == used else None)
        found.append(_challenge(scheme.name, {**common, **told, **own, **resource}))
    return found


def _used_scheme(request: Request, schemes: Mapping[str, Any]) -> str:
    header = request.environ.get("HTTP_AUTHORIZATION", "").strip(" \t")
    name: str = header.partition(" ")[0].lower()
    return name if name in schemes else BEARER


def _challenge(scheme: str, parameters: Mapping[str, str | None]) -> str:
    given = [
        f'{name}="{_UNQUOTABLE.sub("", value)}"'
        for name, value in parameters.items()
        if value
    ]
    return f"{scheme} " + ", ".join(given)


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
    """The response that refuses a request, to be returned and not raised.

    Args:
        error: An error code of RFC 6750 or an extension, or None where no credentials
            were sent: the answer then tells nothing but the challenge (section 3.1).
        scope: The scope that is needed.
        status: Default: that of RFC 6750 for its codes, 401 for others.
        description: Default: one for each code of RFC 6750.
        parameters: Further parameters of the challenge.
        headers: Further headers of the answer.
    """
    described = description or (_DESCRIPTIONS.get(error, "") if error else "")
    body = {"error": error, "error_description": described} if error else {}
    body = {name: value for name, value in body.items() if value}
    given = {"scope": scope, **(parameters or {})}
    response = Response(json_body=body, status=status or _STATUS.get(error or "", 401))
    for value in challenges(request, error, described, given):
        response.headerlist.append(("WWW-Authenticate", value))
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers or {})
    return response


def refuse_outcome(request: Request, outcome: Outcome) -> Response:
    """The refusal of a request whose token was absent or bad."""
    return refusal(
        request,
        outcome.error,
        description=outcome.description,
        headers=outcome.headers,
    )


def refuse_unmet(request: Request, unmet: Unmet) -> Response:
    """The refusal of a request whose token is good and not enough."""
    return refusal(
        request,
        unmet.error,
        status=unmet.status,
        description=unmet.description,
        parameters=unmet.parameters,
    )


def bearer_refusal(request: Request) -> Response | None:
    """The refusal of the bad token that this request presents, if it does.

    For the forbidden view of a host: None means the token is good or absent, and the
    host answers as it always does.
    """
    outcome = authentication(request)
    return refuse_outcome(request, outcome) if outcome.error else None


def set_oauth_resource_metadata(config: Any, url: str) -> None:
    """Directive: name `url` as `resource_metadata` in every challenge (RFC 9728)."""
    if not _URL.fullmatch(url):
        raise ConfigurationError(f"resource metadata: {url!r} is not an http(s) URL")
    intr = config.introspectable(
        "pyramid_oauth resource server", RESOURCE_METADATA, url, "OAuth metadata URL"
    )
    intr["url"] = url

    def register() -> None:
        config.registry[RESOURCE_METADATA] = url

    config.action(RESOURCE_METADATA, register, introspectables=(intr,))


def check_realm(realm: str) -> None:
    """Refuse, at start-up, a realm that would break out of its quotation marks."""
    if not realm or not _QUOTABLE.fullmatch(realm):
        raise ConfigurationError(
            f"pyramid_oauth.realm: {realm!r} must be printable ASCII without "
            "quotation marks and backslashes"
        )
