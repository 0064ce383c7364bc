"""Whether a mapped class fits its model: what would fail later stops the start.

A host may rename columns, give keys of its own kind and add columns; what the prepared
statements rest on must stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, UniqueConstraint

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.models.registry import ModelSpec

_MAY_BE_UUID = (UUID, object)


def own_column(mapped: Any, name: str) -> Any:
    """The column of the class's own table that the attribute maps, or None."""
    attribute = mapped.__mapper__.column_attrs.get(name)
    column = attribute.columns[0] if attribute is not None else None
    is_own = isinstance(column, Column) and column.table is mapped.__table__
    return column if is_own else None


def is_unique(*columns: Any) -> bool:
    """Whether no two rows of the table may have the same values in `columns`."""
    table = columns[0].table
    sets = [table.primary_key.columns]
    sets += [each.columns for each in table.constraints if _is_uniqueness(each)]
    sets += [index.columns for index in table.indexes if index.unique]
    return any(set(unique) == set(columns) for unique in sets)


def _is_uniqueness(constraint: Any) -> bool:
    return isinstance(constraint, UniqueConstraint)


def check_contract(spec: ModelSpec, found: type[Any]) -> None:
    """Raise ConfigurationError with everything that keeps `found` from its spec."""
    missing = sorted(name for name in spec.columns if own_column(found, name) is None)
    if missing:
        raise ConfigurationError(
            f"{_name(found)} lacks the mapped column(s) {', '.join(missing)} of "
            f"{spec.mixin.__name__}; do not replace them with something that is no "
            "column of its own table"
        )
    problems = [
        *_not_unique(spec, found),
        *_mistyped(spec, found),
        *_not_counting(spec, found),
        *_unfilled(spec, found),
    ]
    if problems:
        raise ConfigurationError(f"{_name(found)}: {'; '.join(problems)}")


def left_empty(application: type[Any]) -> list[str]:
    """Columns that must have a value, and have none when a client registers."""
    made = application()
    apply_defaults(made)
    return [
        attribute.key
        for attribute in application.__mapper__.column_attrs
        if isinstance(column := attribute.columns[0], Column)
        and not (column.nullable or _fills_itself(column))
        and getattr(made, attribute.key) is None
    ]


def _name(found: type[Any]) -> str:
    return f"{found.__module__}.{found.__name__}"


def _not_unique(spec: ModelSpec, found: type[Any]) -> Iterator[str]:
    """Who looks a credential up, or adds one once only, relies on the constraint."""
    for name, column in spec.columns.items():
        if not (column.unique or column.primary_key):
            continue
        if not is_unique(own_column(found, name)):
            yield (
                f"{name} must be unique by itself: mapped_column(..., unique=True); "
                "if your base brings another primary key, map a class of your own"
            )


def _mistyped(spec: ModelSpec, found: type[Any]) -> Iterator[str]:
    for name, column in spec.columns.items():
        given = own_column(found, name).type
        if isinstance(given, DateTime) and not given.timezone:
            yield (
                f"{name} loses its time zone; use pyramid_oauth.models.UtcDateTime, "
                "or DateTime(timezone=True) on PostgreSQL"
            )
        if (
            _python_type(column.type) is UUID
            and _python_type(given) not in _MAY_BE_UUID
        ):
            yield f"{name} must hold a UUID, which the server makes: use Uuid"


def _python_type(kind: Any) -> Any:
    try:
        return kind.python_type
    except NotImplementedError:  # a type of the host's that does not say
        return object


def _not_counting(spec: ModelSpec, found: type[Any]) -> Iterator[str]:
    if "revision" in spec.columns:
        column = own_column(found, "revision")
        if column.onupdate is None:
            yield (
                "revision must count every change, or copies in memory are outdated: "
                f"mapped_column(..., default=1, onupdate=text('{column.name} + 1'))"
            )


def _unfilled(spec: ModelSpec, found: type[Any]) -> Iterator[str]:
    """Columns for which there is no value when the server makes a row itself."""
    if not spec.made_by_server:
        return
    filled = {own_column(found, name) for name in spec.filled}
    table: Any = found.__table__
    for column in table.columns:
        if not (column in filled or column.nullable or _fills_itself(column)):
            yield (
                f"the column {column.name} needs a default or server_default: the "
                "server makes these rows, by statements that no event or validator of "
                "yours sees"
            )


def _fills_itself(column: Column[Any]) -> bool:
    table: Any = column.table
    has_default = column.default is not None or column.server_default is not None
    return has_default or table.autoincrement_column is column
