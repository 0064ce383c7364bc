"""Errors of the package that are not oauthlib's.

Protocol errors (RFC 6749 section 5.2 and its extensions) are oauthlib's classes plus
the few it lacks; everything that is wrong with the set-up is a ConfigurationError and
stops the start.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.exceptions import ConfigurationError

__all__ = [
    "ConfigurationError",
    "FieldErrors",
    "InsecureSettingWarning",
    "InvalidTarget",
    "OAuth2Error",
    "ProtocolError",
    "RequestTooLarge",
    "TooManyRequests",
    "UnsupportedMediaType",
    "did_you_mean",
    "headers_of",
]


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """The end of a message about an unknown `name`: the nearest one, if any is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


class InsecureSettingWarning(UserWarning):
    """A setting weakens the server; start-up names it (RFC 9700)."""


class FieldErrors(ValueError):
    """Several fields are wrong at once.

    `errors` maps a field name to the list of what is wrong with it, so that a form,
    a command line and a registration endpoint can each show all of it.
    """

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(
            "; ".join(
                f"{field}: {problem}"
                for field, problems in errors.items()
                for problem in problems
            )
        )


class ProtocolError(OAuth2Error):
    """An error that brings headers of its own (`DPoP-Nonce`, `Retry-After`).

    A subclass sets `error` and `status_code`, as those of oauthlib do. oauthlib gives
    each error of status 401 a Bearer challenge; here only `headers` counts.
    """

    def __init__(
        self, description: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description=description)
        self._headers = dict(headers or {})

    @property
    def headers(self) -> dict[str, str]:
        """What the answer carries besides the headers of every answer."""
        return self._headers


def headers_of(error: OAuth2Error) -> Mapping[str, str]:
    """The headers that the class of `error` brings; oauthlib's own count for none."""
    if type(error).headers is OAuth2Error.headers:
        return {}
    return error.headers


class InvalidTarget(OAuth2Error):
    """The requested resource is unknown or not allowed (RFC 8707 section 2)."""

    error = "invalid_target"


class TooManyRequests(ProtocolError):
    """One source asked too often (RFC 6585 section 4); try again in `seconds`."""

    error = "temporarily_unavailable"
    status_code = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "Too many requests; try again later.", {"Retry-After": str(seconds)}
        )
        self.seconds = seconds


class RequestTooLarge(OAuth2Error):
    """The body is over the configured limit."""

    error = "invalid_request"
    status_code = 413


class UnsupportedMediaType(OAuth2Error):
    """The body is not application/x-www-form-urlencoded (RFC 6749 section 4.1.3)."""

    error = "invalid_request"
    status_code = 415
