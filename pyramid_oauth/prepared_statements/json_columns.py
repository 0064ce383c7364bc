"""The reading of JSON columns by orjson, where it is installed.

The standard library's reader costs four times as much, once for each JSON column.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Cursor

try:
    import orjson
except ImportError:  # it exists for CPython only
    _READ: Callable[[bytes], Any] | None = None
else:
    _READ = orjson.loads

LONG_NUMBER = b"0" * 19
"""What may be an integer of more than 64 bits, which orjson reads as a float."""

_DIGITS = bytes(ord("0") if 48 <= code <= 57 else 0 for code in range(256))
"""Turns every digit into a zero: to find nineteen of them by a regular expression would
cost ten times as much."""

TYPES = ("json", "jsonb")


def set_json_reader(
    cursor: Cursor[Any],
    driver: Any,  # noqa: ANN401 - a module, which need not be installed
) -> None:
    """Let a cursor, and no other of its connection, read JSON by `read_json`.

    Nothing changes where orjson is missing or where the host has set a reader of its
    own (`json_deserializer` of the engine, `set_json_loads` of the driver).

    Args:
        cursor: The cursor.
        driver: The module `psycopg`.
    """
    if _READ is not None and _reads_by_standard_library(cursor, driver):
        driver.types.json.set_json_loads(read_json, cursor)


def _reads_by_standard_library(
    cursor: Cursor[Any],
    driver: Any,  # noqa: ANN401 - a module, which need not be installed
) -> bool:
    adapters = cursor.adapters
    text = driver.pq.Format.TEXT
    loaders = [adapters.get_loader(adapters.types[name].oid, text) for name in TYPES]
    own = [getattr(each(0, cursor), "loads", None) for each in loaders if each]
    return own == [json.loads] * len(TYPES)


def read_json(text: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text.

    The standard library reads what orjson would change or refuse: integers of more than
    64 bits, numbers beyond a float, and escapes of half a character.
    """
    raw = text.encode() if isinstance(text, str) else text
    if _READ is not None and LONG_NUMBER not in raw.translate(_DIGITS):
        try:
            return _READ(raw)
        except ValueError:
            return json.loads(raw)
    return json.loads(raw)
