"""Requirements for the login behind a token: step-up authentication (RFC 9470)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pyramid_oauth import clock
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify.challenge import format_challenge

ERROR = "insufficient_user_authentication"

DESCRIPTION = "The user must log in as this resource requires."

LONGEST_AGE = 999_999_999
"""Seconds; authorization servers need not read longer numbers."""

LEEWAY = 10
"""Seconds by which the clock of the issuer may differ."""

_CLASS = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


class UserAuthentication:
    """What an API requires of the login of the user: its class, its age, or both.

    A token without this information does not meet it, nor does a client's own token.

    Args:
        acr: The acceptable authentication context class, or several in order of
            preference.
        max_age: The greatest age of the login, in seconds.

    Raises:
        ValueError: A class is no such text, or the age is not from 1 to `LONGEST_AGE`,
            or nothing is required.
    """

    def __init__(
        self, *, acr: str | Iterable[str] = (), max_age: int | None = None
    ) -> None:
        self.acr = (acr,) if isinstance(acr, str) else tuple(acr)
        self.max_age = max_age
        for name in self.acr:
            if not isinstance(name, str) or not _CLASS.fullmatch(name):
                raise ValueError(
                    f"{name!r} is not one authentication context class reference"
                )
        if max_age is not None and not _is_age(max_age):
            raise ValueError(f"{max_age!r} is not a number of seconds, at least 1")
        if max_age is None and not self.acr:
            raise ValueError("neither a class nor an age is required")

    def is_met_by(
        self,
        identity: TokenIdentity,
        *,
        at: datetime | None = None,
        leeway: float = LEEWAY,
    ) -> bool:
        """Whether the user of the token has logged in as required.

        Args:
            identity: The identity of a verified token.
            at: The moment at which the age counts; default: now.
            leeway: Seconds by which the clock of the issuer may differ.
        """
        if identity.user_id is None or (self.acr and identity.acr not in self.acr):
            return False
        if self.max_age is None:
            return True
        logged_in_at = identity.auth_time
        if logged_in_at is None:
            return False
        age = (at or clock.now()) - logged_in_at
        tolerance = timedelta(seconds=leeway)
        return -tolerance <= age <= timedelta(seconds=self.max_age) + tolerance

    def parameters(self) -> Mapping[str, str]:
        """Return the parameters of the challenge that state what is required."""
        stated = {}
        if self.acr:
            stated["acr_values"] = " ".join(self.acr)
        if self.max_age is not None:
            stated["max_age"] = str(self.max_age)
        return stated

    def challenge(
        self,
        scheme: str = "Bearer",
        *,
        scope: str = "",
        resource_metadata: str = "",
        realm: str = "",
    ) -> str:
        """Return the value of `WWW-Authenticate`, for a response with the status 401.

        Args:
            scheme: The scheme by which the token was sent.
            scope: The scopes that the client is to ask for.
            resource_metadata: The URL of the metadata of the resource (RFC 9728).
            realm: The realm.
        """
        parameters = {
            "realm": realm,
            "error": ERROR,
            "error_description": DESCRIPTION,
            **self.parameters(),
            "scope": scope,
            "resource_metadata": resource_metadata,
        }
        return format_challenge(scheme, parameters)


def _is_age(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and 1 <= value <= LONGEST_AGE  # type: ignore[operator] # an int
