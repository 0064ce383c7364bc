"""Values of claims as JSON: what a host keeps as dates, UUIDs or decimals becomes text.

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

_ARRAYS = (list, tuple, set, frozenset)


def as_json(claims: Mapping[str, Any]) -> dict[str, Any]:
    """`claims` as JSON can carry them.

    One that has no place in JSON is left out and named in the log, so that the others
    arrive.
    """
    found = {}
    for name, value in claims.items():
        try:
            form = _FORMATS.get(name.partition("#")[0])
            plain = _plain(value if form is None else form(value))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            log.error("the claim %r is left out: %s", name, error)
            continue
        if plain is not None:
            found[name] = plain
    return found


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {_name(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, _ARRAYS):
        return [_plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} is no type of JSON")


def _number(value: float | Decimal) -> float | int:
    if not math.isfinite(value):
        raise ValueError("JSON has finite numbers only")
    if isinstance(value, float):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError("a member of an object has a name that is no text")
    return name


def _seconds(moment: Any) -> Any:
    """`updated_at` is a number of seconds; a naive moment is taken for UTC."""
    if not isinstance(moment, datetime):
        return moment
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp())


def _day(moment: Any) -> Any:
    """`birthdate` is a day without a time."""
    return moment.date() if isinstance(moment, datetime) else moment


def _filled_in(address: Any) -> Any:
    """`address` has the members that are known, all of them text (5.1.1)."""
    if not isinstance(address, Mapping):
        return address
    known = {name: value for name, value in address.items() if value not in (None, "")}
    return known or None


_FORMATS: Mapping[str, Callable[[Any], Any]] = {
    "updated_at": _seconds,
    "birthdate": _day,
    "address": _filled_in,
}
