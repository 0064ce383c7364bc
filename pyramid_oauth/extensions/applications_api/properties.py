"""Properties of an application in JSON, built from the configured Application class.

JSON Schema 2020-12, which OpenAPI 3.1 uses. A property reads what a client sends and
shows the value of the column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Enum, SmallInteger
from sqlalchemy import inspect as mapping_of
from sqlalchemy.types import TypeDecorator

from pyramid_oauth.http.forms import has_control_character
from pyramid_oauth.jose.json import has_nul
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.contract import python_type

Convert = Callable[[Any], Any]

Kind = tuple[dict[str, Any], Convert, Convert]
"""The schema of a type, and the converters from JSON and to JSON."""

WORDS = frozenset(
    {
        "redirect_uris",
        "post_logout_redirect_uris",
        "allowed_origins",
        "authorization_grant_type",
        "allowed_scopes",
        "default_scopes",
    }
)
"""The columns with words separated by spaces, which are arrays in JSON."""

METADATA = "client_metadata"

MOST_DIGITS = 100
"""Of a decimal whose column has no precision."""

_BITS: Mapping[type[Any], int] = {SmallInteger: 15, BigInteger: 63}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an application.

    Attributes:
        name: The attribute of the column.
        schema: Its JSON Schema.
        is_required: Whether a new application must have it.
        is_nullable: Whether it may be null.
        read: Converts a JSON value for the column; raises ValueError.
        show: Converts the value of the column to JSON.
    """

    name: str
    schema: Mapping[str, Any]
    is_required: bool
    is_nullable: bool
    read: Convert
    show: Convert


def build_properties(
    model: type[AbstractApplication], names: Iterable[str]
) -> tuple[Property, ...]:
    """Return the properties of the fields `names`; types without JSON are left out."""
    columns = mapping_of(model).column_attrs
    made = (_property(name, columns[name].columns[0]) for name in names)
    return tuple(each for each in made if each is not None)


def _property(name: str, column: Column[Any]) -> Property | None:
    if name == METADATA:
        kind: Kind | None = ({"type": "object"}, _read_members, _same)
    else:
        kind = _words(column) if name in WORDS else _kind(column)
    if kind is None:
        return None
    schema, read, show = kind
    is_nullable = bool(column.nullable)
    has_default = column.default is not None or column.server_default is not None
    described = {**schema, "description": column.doc} if column.doc else schema
    return Property(
        name=name,
        schema=_with_null(described) if is_nullable else described,
        is_required=name == "name" or not (is_nullable or has_default),
        is_nullable=is_nullable,
        read=read,
        show=lambda value: None if value is None else show(value),
    )


def _with_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema


def _words(column: Column[Any]) -> Kind:
    word = {"type": "string", "pattern": r"^\S+$"}
    schema = {"type": "array", "items": word, "uniqueItems": True}
    return schema, _join_words, str.split


def _join_words(value: object) -> str:
    if not isinstance(value, list):
        raise ValueError("must be an array")
    for word in value:
        if not (isinstance(word, str) and word.split() == [word]):
            raise ValueError("must be an array of strings without blanks")
        _require_plain_text(word)
    return " ".join(dict.fromkeys(value))


def _kind(column: Column[Any]) -> Kind | None:
    """Return schema and converters for the type of a column."""
    stored = column.type
    if isinstance(stored, Enum) and stored.enums:
        return _enum(stored)
    if isinstance(stored, TypeDecorator):
        stored = stored.impl_instance
    if isinstance(stored, JSON):
        return {}, _read_json, _same
    kind = python_type(stored)
    if kind is str:
        longest = getattr(stored, "length", None)
        schema = {"type": "string"} | ({"maxLength": longest} if longest else {})
        return schema, lambda value: _read_text(value, longest), str
    if kind is Decimal:
        return _decimal(stored)
    if kind is int:
        bits = next((n for each, n in _BITS.items() if isinstance(stored, each)), 31)
        least, most = -(2**bits), 2**bits - 1
        schema = {"type": "integer", "minimum": least, "maximum": most}
        return schema, lambda value: _read_integer(value, least, most), int
    return _KINDS.get(kind)


def _enum(stored: Enum) -> Kind:
    enumerated = stored.enum_class

    def read(value: object) -> object:
        if not isinstance(value, str) or value not in stored.enums:
            raise ValueError(f"must be one of: {', '.join(stored.enums)}")
        return value if enumerated is None else enumerated[value]

    return (
        {"enum": list(stored.enums)},
        read,
        lambda value: getattr(value, "name", value),
    )


def _read_text(value: object, longest: int | None) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if longest and len(value) > longest:
        raise ValueError(f"must have at most {longest} characters")
    return _require_plain_text(value)


def _require_plain_text(value: str) -> str:
    # PostgreSQL refuses NUL, and UTF-8 has no surrogates.
    if has_control_character(value) or (not value.isascii() and _is_broken(value)):
        raise ValueError("has a character that is not allowed")
    return value


def _is_broken(value: str) -> bool:
    return any("\ud800" <= each <= "\udfff" for each in value)


def _read_integer(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be an integer")
    if not least <= value <= most:
        raise ValueError(f"must be between {least} and {most}")
    return value


def _read_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    return float(value)


def _read_boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _read_json(value: object) -> object:
    _require_plain_text(json.dumps(value, ensure_ascii=False))
    if has_nul(value):
        raise ValueError("has a character that is not allowed")
    return value


def _read_members(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return _read_json(value)


def _same(value: object) -> object:
    return value


def _parsed(parse: Callable[[str], Any], meaning: str) -> Convert:
    def read(value: object) -> Any:  # noqa: ANN401 - of any column
        try:
            return parse(_read_text(value, 100))
        except (ValueError, OverflowError, InvalidOperation) as error:
            raise ValueError(f"must be {meaning}") from error

    return read


def _parse_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    # OverflowError on the first and the last day that datetime supports
    return moment.astimezone(UTC)


def _decimal(stored: Any) -> Kind:  # noqa: ANN401 - a Numeric
    """Return the kind of a decimal; the database refuses one with too many digits."""
    whole = (stored.precision or MOST_DIGITS) - (stored.scale or 0)

    def parse(text: str) -> Decimal:
        number = Decimal(text)
        is_small = number.is_finite() and -MOST_DIGITS < number.adjusted() < whole
        if not (is_small or number == 0):
            raise ValueError("too many digits")
        return number

    meaning = f"a decimal with at most {whole} digits before the point"
    return _string("decimal"), _parsed(parse, meaning), str


def _string(format_: str) -> dict[str, Any]:
    return {"type": "string", "format": format_}


_KINDS: dict[type[Any], Kind] = {
    bool: ({"type": "boolean"}, _read_boolean, bool),
    float: ({"type": "number"}, _read_number, float),
    date: (_string("date"), _parsed(date.fromisoformat, "a date"), date.isoformat),
    datetime: (
        _string("date-time"),
        _parsed(_parse_moment, "a time with a zone"),
        datetime.isoformat,
    ),
    UUID: (_string("uuid"), _parsed(UUID, "a UUID"), str),
}
