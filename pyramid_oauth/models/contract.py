"""Contract of the mapped classes, checked at start-up.

No specification. A host may rename columns, add columns and use other types of keys.
The prepared statements require the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Table, UniqueConstraint
from sqlalchemy.types import TypeEngine

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.models.registry import ModelSpec

_MAY_BE_UUID = (UUID, object)


def own_column(mapped: type[Any], name: str) -> Any:  # noqa: ANN401 - a Column, or None
    """Return the column of the class's own table for the attribute `name`, or None."""
    attribute = mapped.__mapper__.column_attrs.get(name)
    column = attribute.columns[0] if attribute is not None else None
    is_own = isinstance(column, Column) and column.table is mapped.__table__
    return column if is_own else None


def is_unique(*columns: Column[Any]) -> bool:
    """Whether `columns` together have a unique constraint, index or primary key."""
    table: Any = columns[0].table
    sets = [table.primary_key.columns]
    sets += [each.columns for each in unique_constraints(table)]
    sets += [index.columns for index in table.indexes if index.unique]
    return any(set(unique) == set(columns) for unique in sets)


def unique_constraints(table: Table) -> list[UniqueConstraint]:
    """Return the unique constraints of `table`."""
    return [each for each in table.constraints if isinstance(each, UniqueConstraint)]


def check_contract(spec: ModelSpec, mapped: type[Any]) -> None:
    """Check that the class `mapped` has the columns that its model requires.

    Raises:
        ConfigurationError: It does not; the message has all problems.
    """
    missing = sorted(name for name in spec.columns if own_column(mapped, name) is None)
    if missing:
        raise ConfigurationError(
            f"{_name(mapped)} has no mapped column {', '.join(missing)} of "
            f"{spec.mixin.__name__}; each must be a column of the table of this class"
        )
    problems = [
        *_missing_unique_constraints(spec, mapped),
        *_wrong_types(spec, mapped),
        *_missing_revision_count(spec, mapped),
        *_missing_defaults(spec, mapped),
    ]
    if problems:
        raise ConfigurationError(f"{_name(mapped)}: {'; '.join(problems)}")


def required_without_default(application: type[Any]) -> list[str]:
    """Return the required columns that a client registration does not set."""
    instance = application()
    apply_defaults(instance)
    return [
        attribute.key
        for attribute in application.__mapper__.column_attrs
        if isinstance(column := attribute.columns[0], Column)
        and not (column.nullable or _fills_itself(column))
        and getattr(instance, attribute.key) is None
    ]


def _name(mapped: type[Any]) -> str:
    return f"{mapped.__module__}.{mapped.__name__}"


def _missing_unique_constraints(spec: ModelSpec, mapped: type[Any]) -> Iterator[str]:
    """Yield columns without their unique constraint, on which single use depends."""
    for name, column in spec.columns.items():
        if not (column.unique or column.primary_key):
            continue
        if not is_unique(own_column(mapped, name)):
            yield (
                f"{name} must be unique by itself: mapped_column(..., unique=True); "
                "if your base brings another primary key, map a class of your own"
            )


def _wrong_types(spec: ModelSpec, mapped: type[Any]) -> Iterator[str]:
    for name, column in spec.columns.items():
        given = own_column(mapped, name).type
        if isinstance(given, DateTime) and not given.timezone:
            yield (
                f"{name} loses its time zone; use pyramid_oauth.models.UtcDateTime, "
                "or DateTime(timezone=True) on PostgreSQL"
            )
        if python_type(column.type) is UUID and python_type(given) not in _MAY_BE_UUID:
            yield f"{name} must hold a UUID, since the server generates it: use Uuid"


def python_type(kind: TypeEngine[Any]) -> type[Any]:
    """Return the type of the values of `kind`; `object` if it does not tell."""
    try:
        return kind.python_type
    except NotImplementedError:  # a custom type of the host
        return object


def _missing_revision_count(spec: ModelSpec, mapped: type[Any]) -> Iterator[str]:
    if "revision" in spec.columns:
        column = own_column(mapped, "revision")
        if column.onupdate is None:
            yield (
                "revision must count every change, or cached copies become stale: "
                f"mapped_column(..., default=1, onupdate=text('{column.name} + 1'))"
            )


def _missing_defaults(spec: ModelSpec, mapped: type[Any]) -> Iterator[str]:
    """Yield required columns without a default in rows that the server inserts."""
    if not spec.made_by_server:
        return
    filled = {own_column(mapped, name) for name in spec.filled}
    table: Any = mapped.__table__
    for column in table.columns:
        if not (column in filled or column.nullable or _fills_itself(column)):
            yield (
                f"the column {column.name} requires a default or server_default: the "
                "server inserts these rows without ORM events and validators"
            )


def _fills_itself(column: Column[Any]) -> bool:
    table: Any = column.table
    has_default = column.default is not None or column.server_default is not None
    return has_default or table.autoincrement_column is column
