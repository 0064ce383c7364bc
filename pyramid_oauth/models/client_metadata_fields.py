"""What the JSON value of a metadata member may look like (RFC 7591 section 2).

Each shape gives the problem in words, or None. They bound lengths and refuse control
characters, so that no value fails in the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from pyramid_oauth.models import redirect_uris
from pyramid_oauth.models.redirect_uris import Rules

LONGEST_TEXT = 255

LONGEST_URL = 2000

MOST_ITEMS = 50

MOST_KEYS = 64

MOST_SECONDS = 100 * 366 * 86400

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_JOINERS = "\u200c\u200d"

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*\Z")


def text(longest: int = LONGEST_TEXT) -> Shape:
    """A string of 1 to `longest` characters on one line."""

    def shape(value: Any, rules: Rules) -> str | None:
        if not isinstance(value, str) or not any(map(_is_visible, value)):
            return "is not text"
        if len(value) > longest:
            return f"has over {longest} characters"
        return "has a control character" if any(map(_is_hidden, value)) else None

    return shape


def _is_hidden(character: str) -> bool:
    """It breaks a line, turns text around or does not show.

    A name on the consent page, and for a host's policy, must not read as another one.
    Joiners are spared: scripts and pictures are written with them.
    """
    kind = category(character)
    return kind in ("Cc", "Zl", "Zp") or (kind == "Cf" and character not in _JOINERS)


def _is_visible(character: str) -> bool:
    return category(character)[0] in "LNPS"


def choice(*allowed: str) -> Shape:
    """One of the given words."""
    told = f"is not {' or '.join(allowed)}"
    return lambda value, rules: (
        None if isinstance(value, str) and value in allowed else told
    )


def boolean(value: Any, rules: Rules) -> str | None:
    """The JSON literals true and false."""
    return None if isinstance(value, bool) else "is neither true nor false"


def seconds(value: Any, rules: Rules) -> str | None:
    """A whole, not negative number."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and 0 <= value <= MOST_SECONDS else "is no number of seconds"


def scope(value: Any, rules: Rules) -> str | None:
    """Scopes, separated by single spaces (RFC 6749 section 3.3)."""
    if not isinstance(value, str) or not _SCOPE.match(value):
        return "is no list of scopes separated by spaces"
    return "is too long" if len(value) > LONGEST_URL else None


def url(
    *,
    secure: bool = False,
    remote: bool = False,
    page: bool = False,
    fragment: bool = False,
) -> Shape:
    """An absolute https URL; http too on this machine, unless it must be `secure`.

    A `page` that people visit may be http anywhere; what is `remote` is http nowhere,
    not on this machine either, unless the server allows http everywhere.
    """

    def shape(value: Any, rules: Rules) -> str | None:
        if not isinstance(value, str) or len(value) > LONGEST_URL:
            return "is no URL"
        bare, mark, _ = value.partition("#")
        if mark and not fragment:
            return "has a fragment"
        parts = redirect_uris.split(bare)
        if parts is None or not redirect_uris.is_host(parts) or "@" in parts.netloc:
            return "is no absolute URL of a web page"
        if parts.scheme == "https":
            return None
        local = redirect_uris.is_loopback(parts.hostname, Rules(localhost=True))
        near = local and not remote
        may_be_http = page or (not secure and (rules.http or near))
        return None if parts.scheme == "http" and may_be_http else "is not https"

    return shape


def redirect_uri(value: Any, rules: Rules) -> str | None:
    """A string that can be judged as a redirect URI, which the column's rules do."""
    if not isinstance(value, str) or not value or len(value) > LONGEST_URL:
        return "is no URI"
    return "has white space or control characters" if _spaced(value) else None


def _spaced(value: str) -> bool:
    return any(character.isspace() or character < "!" for character in value)


def several(of: Shape) -> Shape:
    """An array of at most `MOST_ITEMS` such values."""

    def shape(value: Any, rules: Rules) -> str | None:
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            return f"is no array of at most {MOST_ITEMS}"
        problems = (of(item, rules) for item in value)
        return next((f"has an item that {found}" for found in problems if found), None)

    return shape


def words(value: Any, rules: Rules) -> str | None:
    """One word without white space, to be stored among others."""
    problem = text()(value, rules)
    return problem or ("has white space" if _spaced(value) else None)


def key_set(value: Any, rules: Rules) -> str | None:
    """A JWK set of public keys (RFC 7517 section 5)."""
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        return f"is no JWK set of 1 to {MOST_KEYS} keys"
    for key in keys:
        if not isinstance(key, dict) or not isinstance(key.get("kty"), str):
            return "has an entry that is no JWK"
        if _PRIVATE & key.keys():
            return "has a private or symmetric key; publish the public half only"
    if not all(map(_is_plain, (*keys, {**value, "keys": []}))):
        return "has a member that is neither text, a number nor a list of them"
    return None


def _is_plain(members: dict[str, Any]) -> bool:
    """No control characters and nothing nested, but for lists such as `x5c`.

    Not all is text: browsers export `ext`, some sets have `iat` and `exp`.
    """
    items = [*members]
    for value in members.values():
        items += value if isinstance(value, list) else [value]
    return all(
        not _CONTROL.search(item)
        if isinstance(item, str)
        else item is None or isinstance(item, (bool, int, float))
        for item in items
    )


Shape = Callable[[Any, Rules], str | None]
"""Why a JSON value cannot be that of the member, or None where it can."""

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,7}\Z")
"""A BCP 47 language tag, such as `fr-CA`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A client metadata member: `read_by` says which part of the server acts on it.

    `column` names the column of the application that keeps it, `is_list` says that the
    column holds words separated by spaces; other members live in `client_metadata`
    under their own name. `offered` is the member of the server's metadata that lists
    what may be asked for. `localized` members may carry a language tag (`#fr`, RFC 7591
    section 2.2). `is_fetched` is for URLs which the server itself requests.
    """

    name: str
    shape: Shape
    read_by: str
    column: str | None = None
    is_list: bool = False
    offered: str | None = None
    localized: bool = False
    is_fetched: bool = False


def base_name(name: str) -> str:
    """The name without its language tag; as it is, where the tag is none (BCP 47)."""
    base, mark, tag = name.partition("#")
    return base if mark and LANGUAGE_TAG.match(tag) else name


Errors = dict[str, list[str]]
"""Every problem, by the field that has it."""

Validation = Callable[[Any, Rules, Errors], None]
"""`(application, rules, errors)`: adds what is wrong among members to `errors`.

It is called where every member has its shape.
"""

Verification = Callable[[Any, Any], Errors]
"""`(server, application)`: problems that only the server can find, by field.

It is called where nothing else is wrong, and may fetch a document of the client.
"""


def add_error(errors: Errors, field: str, problem: str) -> None:
    """Note one more `problem` of `field`."""
    errors.setdefault(field, []).append(problem)


class ClientMetadataSchema:
    """The members that a server understands, and what must hold among them.

    A member that is not in the schema is ignored and not stored (RFC 7591 section 2).
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
        """The member called `name`, which may carry a language tag; None if unknown."""
        field = self.fields.get(name)
        if field is None and "#" in name:
            field = self.fields.get(base_name(name))
            return field if field is not None and field.localized else None
        return field

    def member_of(self, column: str) -> str:
        """The member that `column` keeps; the name itself where it keeps none."""
        field = self.columns.get(column)
        return column if field is None else field.name
