"""Column types and defaults: times in UTC, UUIDs ordered by time.

RFC 9562 section 5.7 (UUID version 7).
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime
from string import ascii_letters
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer
from sqlalchemy import inspect as mapping_of
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, also on SQLite, which stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def __init__(self) -> None:
        super().__init__()
        # Alembic renders a custom type as its module and its repr. A generated
        # migration has `sa.DateTime(timezone=True)` and needs no import of this module.
        self.__module__ = "sa"

    def __repr__(self) -> str:
        return repr(self.impl_instance)

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Refuse a naive datetime: it would be read back as another time."""
        if value is None:
            return None
        if value.tzinfo is UTC:
            return value
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given; use an aware one")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Add the time zone UTC if the engine did not store one."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], Any] | None:
        """Skip the call on PostgreSQL, whose drivers return aware datetimes."""
        if dialect.name == "postgresql":
            return self.impl_instance.result_processor(dialect, coltype)
        return super().result_processor(dialect, coltype)


def type_of_own_values(column: Column[Any]) -> TypeEngine[Any]:
    """Return the type of a parameter whose values the server itself has made.

    `UtcDateTime` checks each value in Python. The times of the server come from its
    clock or its tables, and so are in UTC already.
    """
    kind: TypeEngine[Any] = column.type
    return kind.impl_instance if isinstance(kind, UtcDateTime) else kind


# SQLite numbers the rows of INTEGER columns only.
SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""Type of a primary key that the database numbers."""

# None is stored as SQL NULL; by default the type stores the JSON text `null`.
OPEN_OBJECT = JSON(none_as_null=True)
"""Type of a JSON column that extensions share; each uses members of its own."""


def new_id(_: object = None) -> UUID:
    """Return a UUID version 7 (RFC 9562 section 5.7).

    It is random and ordered by time, so that inserts touch few index pages.
    """
    moment = time.time_ns() // 1_000_000
    value = (moment << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    return UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))


def new_client_id(_: object = None) -> str:
    """Return a new, unguessable client identifier.

    It starts with a letter: on a command line, a leading dash would start an option.
    """
    return secrets.choice(ascii_letters) + secrets.token_urlsafe(16)[1:]


def constants(mapped: type[Any]) -> dict[str, Any]:
    """Return the column defaults of `mapped` that are constants, by attribute."""
    return {key: each.arg for key, each in _defaults(mapped) if each.is_scalar}


def apply_defaults(instance: object, names: Container[str] | None = None) -> None:
    """Set the Python-side column defaults now, so that all fields can be validated.

    Args:
        instance: The instance of a mapped class; attributes that are set stay as set.
        names: The attributes; by default all.
    """
    for name, default in _defaults(type(instance)):
        is_named = names is None or name in names
        if not is_named or getattr(instance, name) is not None:
            continue
        if default.is_scalar:
            setattr(instance, name, default.arg)
        elif default.is_callable:
            setattr(instance, name, default.arg(_Context(instance)))


class _Context:
    """Execution context for a column default that reads other values of its row."""

    def __init__(self, instance: object) -> None:
        self._instance = instance

    @property
    def current_parameters(self) -> dict[str, Any]:
        return self.get_current_parameters()

    def get_current_parameters(
        self, isolate_multiinsert_params: bool = True
    ) -> dict[str, Any]:
        columns = _columns(type(self._instance))
        return {column.key: getattr(self._instance, name) for name, column in columns}


def _columns(mapped: type[Any]) -> Iterator[tuple[str, Any]]:
    for attribute in mapping_of(mapped).column_attrs:
        yield attribute.key, attribute.columns[0]


def _defaults(mapped: type[Any]) -> Iterator[tuple[str, Any]]:
    for name, column in _columns(mapped):
        # An SQL expression (`column_property`) has no default.
        default = getattr(column, "default", None)
        if default is not None:
            yield name, default
