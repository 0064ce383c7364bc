"""JSON serialization of claims: dates, UUIDs, decimals and sets of a host.

OpenID Connect Core sections 5.1 (formats of the standard claims) and 5.3.2.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

log = logging.getLogger(__name__)

_JSON_TYPES = frozenset({str, bool, int})
"""Types of which each value is a JSON value."""

_ARRAYS = (list, tuple, set, frozenset)


def as_json(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return `claims` as JSON values.

    A claim that cannot be serialized is omitted and logged; the others are returned.
    """
    serialized = {}
    for name, value in claims.items():
        if type(value) in _JSON_TYPES:  # the formats leave such values alone
            serialized[name] = value
            continue
        try:
            convert = _FORMATS.get(name.partition("#")[0])
            json_value = _json_value(value if convert is None else convert(value))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            log.error("the claim %r is left out: %s", name, error)
            continue
        if json_value is not None:
            serialized[name] = json_value
    return serialized


def _json_value(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {_member_name(name): _json_value(inner) for name, inner in value.items()}
    if isinstance(value, _ARRAYS):
        return [_json_value(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no JSON serialization")


def _number(value: float | Decimal) -> float | int:
    if not math.isfinite(value):
        raise ValueError("JSON has finite numbers only")
    if isinstance(value, float):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _member_name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError("the name of an object's member is not a string")
    return name


def _seconds(value: object) -> object:
    """Return `updated_at` as seconds; a naive datetime is in UTC."""
    if not isinstance(value, datetime):
        return value
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return int(aware.timestamp())


def _day(value: object) -> object:
    """Return `birthdate` as a date without a time."""
    return value.date() if isinstance(value, datetime) else value


def _without_empty_members(address: object) -> object:
    """Return `address` without empty members, or None (section 5.1.1)."""
    if not isinstance(address, Mapping):
        return address
    known = {name: value for name, value in address.items() if value not in (None, "")}
    return known or None


_FORMATS: Mapping[str, Callable[[Any], Any]] = {
    "updated_at": _seconds,
    "birthdate": _day,
    "address": _without_empty_members,
}
