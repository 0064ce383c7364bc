"""Answers of a resource server that refuses: status, challenge and a small body.

RFC 6750 section 3; RFC 9728 section 5.1 for `resource_metadata`.
"""

from __future__ import annotations

import re
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource.authentication import authentication
from pyramid_oauth.settings import SETTINGS

RESOURCE_METADATA = "pyramid_oauth.resource_metadata"

_STATUS = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}

_DESCRIPTIONS = {
    "invalid_request": "The access token was not sent as RFC 6750 section 2 asks.",
    "invalid_token": "The access token is unknown, expired or revoked.",
    "insufficient_scope": "The access token does not carry the scope needed here.",
}

_QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")

_URL = re.compile(r"https?://[\x21\x23-\x5b\x5d-\x7e]+")


def challenge(request: Request, error: str | None = None, scope: str = "") -> str:
    """The value of WWW-Authenticate; without `error` no credentials were sent."""
    registry = request.registry
    described = _DESCRIPTIONS[error] if error else None
    parameters = {
        "realm": registry[SETTINGS].realm,
        "error": error,
        "error_description": described,
        "scope": scope,
        "resource_metadata": registry.get(RESOURCE_METADATA),
    }
    given = [f'{name}="{value}"' for name, value in parameters.items() if value]
    return "Bearer " + ", ".join(given)


def refusal(request: Request, error: str | None = None, scope: str = "") -> Response:
    """The response that refuses a request, to be returned and not raised.

    `error` is an RFC 6750 error code, or None where no credentials were sent: the
    answer then tells nothing but the challenge (section 3.1).
    """
    body = {"error": error, "error_description": _DESCRIPTIONS[error]} if error else {}
    response = Response(json_body=body, status=_STATUS[error] if error else 401)
    response.headers["WWW-Authenticate"] = challenge(request, error, scope)
    response.headers["Cache-Control"] = "no-store"
    return response


def bearer_refusal(request: Request) -> Response | None:
    """The refusal of the bad token that this request presents, if it does.

    For the forbidden view of a host: None means the token is good or absent, and the
    host answers as it always does.
    """
    error = authentication(request).error
    return refusal(request, error) if error else None


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
