"""Authorization details as JSON: how they are read, limited and compared.

RFC 9396 section 2; RFC 8259 for strings, which are compared as they are (section 12).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from pyramid_oauth.errors import safe_description
from pyramid_oauth.extensions.rich_authorization.settings import (
    RichAuthorizationSettings,
)
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_value

PARAMETER = "authorization_details"
"""The request parameter, the claim, and the member of responses and of a grant."""

TYPE = "type"

Detail = Mapping[str, Any]

# Control characters, and those that reorder the text around them (UAX 9 section 2).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


class InvalidAuthorizationDetails(OAuth2Error):
    """Authorization details are invalid, unknown or not allowed (section 5)."""

    error = "invalid_authorization_details"

    def __init__(self, description: str) -> None:
        super().__init__(description=safe_description(description))


@dataclass(slots=True)
class RequestedDetails:
    """The value of the parameter.

    Attributes:
        values: What was sent; each is an object with a `type`.
        accepted: The same after all checks; None before them.
    """

    values: tuple[dict[str, Any], ...]
    accepted: tuple[Detail, ...] | None = None


def canonical(value: object) -> str:
    """Return JSON text that is the same for equal values.

    `1` and `1.0` differ, and so do `1` and `true`, which are equal in Python.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def unique(details: Iterable[Detail]) -> tuple[Detail, ...]:
    """Return each detail once, in the order of the first ones."""
    return tuple({canonical(detail): detail for detail in details}.values())


@dataclass(frozen=True, slots=True)
class DetailsLimits:
    """The limits of what a request may contain, and a grant hold."""

    size: int
    number: int
    depth: int

    @classmethod
    def of(cls, settings: RichAuthorizationSettings) -> DetailsLimits:
        """Return the limits of the settings."""
        return cls(
            size=settings.authorization_details_size,
            number=settings.authorization_details_number,
            depth=settings.authorization_details_depth,
        )

    def read(self, text: str) -> RequestedDetails:
        """Return the value of the parameter (section 2).

        Raises:
            InvalidAuthorizationDetails: It is no array of typed objects, or too large.
        """
        if len(text) > self.size:
            raise self._too_large()
        try:
            value = json_value(text.encode())
        except InvalidToken as error:
            raise _malformed(str(error)) from error
        if not isinstance(value, list) or not value:
            raise _malformed("not an array with an object")
        for each in value:
            if not isinstance(each, dict) or not isinstance(each.get(TYPE), str):
                raise _malformed("not an array of objects with a type")
        self.check(value)
        return RequestedDetails(tuple(value))

    def check(self, details: Sequence[Detail]) -> None:
        """Refuse details that no row, page or token could hold.

        Raises:
            InvalidAuthorizationDetails: A limit is exceeded, or a text has characters
                that could not be shown safely.
        """
        if len(details) > self.number:
            raise InvalidAuthorizationDetails(
                f"At most {self.number} authorization details may be requested."
            )
        for detail in details:
            _check_value(detail, self.depth)
        # As in a token: characters beyond ASCII are escaped there.
        if len(canonical(list(details))) > self.size:
            raise self._too_large()

    def _too_large(self) -> InvalidAuthorizationDetails:
        return InvalidAuthorizationDetails(
            f"authorization_details may have at most {self.size} bytes."
        )


def write_claim(value: object) -> str:
    """Return a claim of a request object as the text of the parameter.

    Raises:
        ValueError: It is no array.
    """
    if not isinstance(value, list):
        raise ValueError("not an array")
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _malformed(problem: str) -> InvalidAuthorizationDetails:
    return InvalidAuthorizationDetails(f"authorization_details: {problem}.")


def _check_value(value: object, levels: int) -> None:
    if isinstance(value, str):
        if _UNSAFE.search(value):
            raise _malformed("a text has a control character")
    elif isinstance(value, Mapping | list):
        if not levels:
            raise _malformed("nested too deeply")
        inner = [*value, *value.values()] if isinstance(value, Mapping) else value
        for each in inner:
            _check_value(each, levels - 1)
