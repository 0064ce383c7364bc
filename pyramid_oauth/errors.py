"""Errors and warnings of the package.

Protocol errors (RFC 6749 section 5.2 and its extensions) are oauthlib's classes and a
few more; a ConfigurationError stops the start of the application.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from oauthlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    InvalidRequestFatalError,
    OAuth2Error,
)

from pyramid_oauth.configuration_errors import (
    ConfigurationError,
    InsecureSettingWarning,
    did_you_mean,
)

__all__ = [
    "ConfigurationError",
    "FieldErrors",
    "InsecureSettingWarning",
    "InvalidTarget",
    "OAuth2Error",
    "ProtocolError",
    "RequestTooLarge",
    "ServerBusy",
    "TooManyRequests",
    "UnsupportedMediaType",
    "did_you_mean",
    "headers_of",
    "safe_description",
]


_NOT_IN_DESCRIPTION = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def safe_description(text: str, longest: int = 300) -> str:
    """Return `text` as an `error_description` may be (RFC 6749 section 5.2)."""
    return _NOT_IN_DESCRIPTION.sub("?", text[:longest])


class FieldErrors(ValueError):
    """Invalid fields, all collected.

    Attributes:
        errors: The problems by field name, for a form, a command line or a registration
            endpoint.
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
    """An error with response headers of its own (`DPoP-Nonce`, `Retry-After`).

    A subclass sets `error` and `status_code`, as those of oauthlib do. oauthlib adds a
    Bearer challenge to each error of status 401; here only `headers` is used.

    Args:
        description: The `error_description`.
        headers: Response headers by name.
    """

    def __init__(
        self, description: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description=description)
        self._headers = dict(headers or {})

    @property
    def headers(self) -> dict[str, str]:
        """The response headers of this error."""
        return self._headers


def headers_of(error: OAuth2Error) -> Mapping[str, str]:
    """Return the headers of `error`; none for an error class of oauthlib."""
    if type(error).headers is OAuth2Error.headers:
        return {}
    return error.headers


class InvalidTarget(OAuth2Error):
    """The requested resource is unknown or not allowed (RFC 8707 section 2)."""

    error = "invalid_target"


class TooManyRequests(ProtocolError):
    """The rate limit of one source is exceeded (RFC 6585 section 4).

    Args:
        seconds: Seconds until the next attempt, for `Retry-After`.
    """

    error = "temporarily_unavailable"
    status_code = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "Too many requests; try again later.", {"Retry-After": str(seconds)}
        )
        self.seconds = seconds


class ServerBusy(ProtocolError):
    """More is asked for than the server has capacity for (RFC 9110 section 15.6.4)."""

    error = "temporarily_unavailable"
    status_code = 503

    def __init__(self) -> None:
        super().__init__("The server is busy; try again.", {"Retry-After": "1"})


class RequestTooLarge(OAuth2Error):
    """The request body is larger than the configured limit."""

    error = "invalid_request"
    status_code = 413


class InvalidCsrfToken(InvalidRequestError):
    """A form of one of our pages has no valid CSRF token, or another origin."""

    status_code = 403

    def __init__(self) -> None:
        super().__init__(description="The form has no valid CSRF token.")


class RequestExpired(InvalidRequestError):
    """No authorization request waits at this URL for this browser."""

    def __init__(self) -> None:
        super().__init__(
            description="This request has expired or belongs to another browser."
        )


class AccountChanged(InvalidRequestError):
    """Another user than the one who began an authorization request is logged in."""

    status_code = 403

    def __init__(self) -> None:
        super().__init__(description="Somebody else began this request.")


class AlreadyAnswered(InvalidRequestFatalError):
    """An authorization request is answered once."""

    def __init__(self) -> None:
        super().__init__(description="This request was answered before.")


class UnsupportedMediaType(OAuth2Error):
    """The media type of the request body is not accepted (RFC 9110 15.5.16)."""

    error = "invalid_request"
    status_code = 415
