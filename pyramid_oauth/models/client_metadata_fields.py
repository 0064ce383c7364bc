"""Schema of client metadata: fields and the shapes of their JSON values.

RFC 7591 section 2. A shape is a function that returns the error of a value, or None. It
limits lengths and refuses control characters, so that every value can be stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from pyramid_oauth.i18n import Problem
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.models.language_tags import base_name
from pyramid_oauth.models.redirect_uris import Rules

NO_SECONDS = Problem("is not a number of seconds")

LONGEST_TEXT = 255

LONGEST_URL = 2000

MOST_ITEMS = 50

MOST_SECONDS = 100 * 366 * 86400

MOST_INTEGER = 2**31 - 1

_JOINERS = "\u200c\u200d"

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*\Z")


def text(longest: int = LONGEST_TEXT) -> Shape:
    """Return the shape of a string of 1 to `longest` characters on one line."""

    def shape(value: object, rules: Rules) -> str | None:
        if not isinstance(value, str) or not any(map(_is_visible, value)):
            return Problem("is not text")
        if len(value) > longest:
            return Problem("is longer than ${count} characters", count=longest)
        is_hidden = any(map(_is_hidden, value))
        return Problem("has a control character") if is_hidden else None

    return shape


def _is_hidden(character: str) -> bool:
    """Whether a character breaks a line, reverses text or is invisible.

    Such characters can make a name on the consent page look like another one. Joiners
    are allowed, since scripts and emoji need them.
    """
    kind = category(character)
    return kind in ("Cc", "Zl", "Zp") or (kind == "Cf" and character not in _JOINERS)


def _is_visible(character: str) -> bool:
    return category(character)[0] in "LNPS"


def choice(*allowed: str) -> Shape:
    """Return the shape of one of the given words."""
    message = f"is not {' or '.join(allowed)}"
    return lambda value, rules: (
        None if isinstance(value, str) and value in allowed else message
    )


def boolean(value: object, rules: Rules) -> str | None:
    """Shape of true and false."""
    return None if isinstance(value, bool) else Problem("is neither true nor false")


def seconds(value: object, rules: Rules) -> str | None:
    """Shape of a whole number of seconds, not negative."""
    if isinstance(value, int) and not isinstance(value, bool):
        return None if 0 <= value <= MOST_SECONDS else NO_SECONDS
    return NO_SECONDS


def integer(value: object, rules: Rules) -> str | None:
    """Shape of a whole number that an INTEGER column can hold."""
    if isinstance(value, int) and not isinstance(value, bool):
        return None if abs(value) <= MOST_INTEGER else Problem("is too large a number")
    return Problem("is not a whole number")


def scope(value: object, rules: Rules) -> str | None:
    """Shape of scopes, separated by single spaces (RFC 6749 section 3.3)."""
    if not isinstance(value, str) or not _SCOPE.match(value):
        return Problem("is not a list of scopes separated by spaces")
    return Problem("is too long") if len(value) > LONGEST_URL else None


def url(
    *,
    secure: bool = False,
    remote: bool = False,
    page: bool = False,
    fragment: bool = False,
) -> Shape:
    """Return the shape of an absolute https URL.

    By default http is allowed on loopback addresses.

    Args:
        secure: Never allow http.
        remote: Allow http only if the server allows it everywhere (`allow_http`).
        page: Allow http on every host: a page that users visit.
        fragment: Allow a fragment.
    """

    def shape(value: object, rules: Rules) -> str | None:
        if not isinstance(value, str) or len(value) > LONGEST_URL:
            return Problem("is not a URL")
        bare, mark, _ = value.partition("#")
        if mark and not fragment:
            return Problem("has a fragment")
        parts = redirect_uris.split(bare)
        if parts is None or not redirect_uris.is_host(parts) or "@" in parts.netloc:
            return Problem("is not an absolute URL of a web page")
        if parts.scheme == "https":
            return None
        local = redirect_uris.is_loopback(parts.hostname, Rules(localhost=True))
        near = local and not remote
        may_be_http = page or (not secure and (rules.http or near))
        return (
            None if parts.scheme == "http" and may_be_http else Problem("is not https")
        )

    return shape


def redirect_uri(value: object, rules: Rules) -> str | None:
    """Shape of a redirect URI; `application_validation` applies the rules to it."""
    if not isinstance(value, str) or not value or len(value) > LONGEST_URL:
        return Problem("is not a URI")
    return Problem("has white space or control characters") if _spaced(value) else None


def _spaced(value: str) -> bool:
    return any(character.isspace() or character < "!" for character in value)


def several(of: Shape) -> Shape:
    """Return the shape of an array of at most `MOST_ITEMS` values of a shape."""

    def shape(value: object, rules: Rules) -> str | None:
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            return Problem(
                "is not an array of at most ${count} items", count=MOST_ITEMS
            )
        for item in value:
            if problem := of(item, rules):
                return Problem("has an item that ${problem}", problem=problem)
        return None

    return shape


def words(value: object, rules: Rules) -> str | None:
    """Shape of one word without white space."""
    problem = text()(value, rules)
    return problem or ("has white space" if _spaced(str(value)) else None)


Shape = Callable[[Any, Rules], str | None]
"""`(value, rules)`: returns the error of a JSON value, or None if it is valid."""


TEXT, BOX, CHOICES = "text", "box", "choices"
"""The kinds of a `MemberInput`: a line, a box to tick, and boxes for several words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInput:
    """How people set a member in a form, among the security options.

    Attributes:
        label: What the member is; a TranslationString is translated.
        hint: What it is for, or an example.
        kind: `TEXT`, `BOX` for true or false, or `CHOICES`: several of the words that
            `Field.offered` lists, where none means all of them.
    """

    label: str
    hint: str = ""
    kind: str = TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A client metadata member.

    Attributes:
        name: The name of the member.
        shape: Returns the error of a value, or None if it is valid.
        read_by: Which part of the server uses the member; for the documentation.
        column: The column of the application that stores it. Without one,
            `client_metadata` stores it under its name.
        is_list: Whether the column holds words separated by spaces.
        offered: The member of the server metadata that lists the supported values.
        localized: Whether it may have a language tag (`#fr`, RFC 7591 section 2.2).
        is_fetched: Whether it is a URL that the server requests.
        by_administrators: Whether only administrators set it. Registration ignores it,
            and an update by the client itself or by an owner leaves it as it is.
        is_protection: Whether it only restricts the client. What an administrator has
            set stays as it is for owners and the client itself.
        input: How people set it in a form; without it, as JSON only.
    """

    name: str
    shape: Shape
    read_by: str
    column: str | None = None
    is_list: bool = False
    offered: str | None = None
    localized: bool = False
    is_fetched: bool = False
    by_administrators: bool = False
    is_protection: bool = False
    input: MemberInput | None = None


Errors = dict[str, list[str]]
"""The errors by field name."""

Validation = Callable[[Any, Rules, Errors], None]
"""`(application, rules, errors)`: checks well-formed members together; adds errors."""

Verification = Callable[[Any, Any], Errors]
"""`(server, application)`: returns errors by field; may fetch a document of the client.

It is called only if there is no other error."""


def add_error(errors: Errors, field: str, problem: str) -> None:
    """Add an error of `field` to `errors`."""
    errors.setdefault(field, []).append(problem)


class ClientMetadataSchema:
    """The client metadata members that a server supports, and their validation.

    An unknown member is ignored and not stored (RFC 7591 section 2).
    """

    def __init__(
        self,
        fields: Iterable[Field],
        validations: Iterable[Validation] = (),
        verifications: Iterable[Verification] = (),
    ) -> None:
        self.fields = {field.name: field for field in fields}
        self.validations = tuple(validations)
        self.verifications = tuple(verifications)
        self.columns = {
            field.column: field
            for field in self.fields.values()
            if field.column is not None
        }

    def field(self, name: str) -> Field | None:
        """Return the field `name`, which may have a language tag; None if unknown."""
        field = self.fields.get(name)
        if field is None and "#" in name:
            field = self.fields.get(base_name(name))
            return field if field is not None and field.localized else None
        return field

    def is_stated(self, name: str) -> bool:
        """Whether clients state the member `name` of themselves."""
        field = self.field(name)
        return field is not None and not field.by_administrators

    def member_of(self, column: str) -> str:
        """Return the name of the member stored in `column`, else `column` itself."""
        field = self.columns.get(column)
        return column if field is None else field.name
