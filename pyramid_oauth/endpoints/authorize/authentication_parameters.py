"""The parameters `acr_values` and `max_age`, for extensions that honor them.

OpenID Connect Core section 3.1.2.1; RFC 9470 sections 4 and 7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.endpoints.authorize.context import NAME
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to

ACR_VALUES, MAX_AGE = "acr_values", "max_age"

_SECONDS = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True, kw_only=True)
class AuthenticationSettings(Section):
    """What a login can reach."""

    acr_values: tuple[str, ...] = setting(
        to.words,
        (),
        "Authentication context class references that your accounts adapter can "
        "reach, the weakest first.",
    )


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a space-separated list."""
    return tuple(text.split())


def _seconds(text: str) -> int:
    """Return `max_age` as a number."""
    if not _SECONDS.match(text):
        raise InvalidRequestError(description="max_age must be a number of seconds.")
    return int(text)


def _seconds_of_claim(value: object) -> str:
    """Return `max_age` of a request object as text."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("is not a number of seconds")
    return str(value)


def metadata(server: Server) -> dict[str, Any]:
    """Return the classes (OpenID Connect Discovery section 3, RFC 9470 section 7)."""
    classes = server.settings[AuthenticationSettings].acr_values
    return {"acr_values_supported": list(classes) or None}


def includeme(config: Configurator) -> None:
    """Register the parameters and the metadata."""
    config.add_oauth_parameter(
        ACR_VALUES, endpoints=(NAME,), login_hint=True, decode=_words
    )
    config.add_oauth_parameter(
        MAX_AGE,
        endpoints=(NAME,),
        login_hint=True,
        decode=_seconds,
        from_claim=_seconds_of_claim,
    )
    config.add_oauth_metadata(ACR_VALUES, metadata)
