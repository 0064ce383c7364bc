"""Constraints and indexes that depend on what the columns of the host are called.

No specification. The mixins have those that depend on a column's own name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, UniqueConstraint

from pyramid_oauth.database import columns_of
from pyramid_oauth.models import contract
from pyramid_oauth.models.registry import ModelSpec, PartialIndex


def add_constraints(
    specs: Iterable[ModelSpec], classes: Mapping[str, type[Any]]
) -> None:
    """Add foreign keys, the unique consent and partial indexes where they are missing.

    Args:
        specs: The models.
        classes: The mapped classes by name of the model.
    """
    _add_unique_consent(classes["Consent"])
    for spec in specs:
        table = classes[spec.name].__table__
        for column, (other, attribute) in spec.references.items():
            target = classes[other].__mapper__.column_attrs[attribute].columns[0]
            source = classes[spec.name].__mapper__.column_attrs[column].columns[0]
            if not source.foreign_keys:
                add_foreign_key(table, source, target, "CASCADE")
        for partial in spec.indexes:
            _add_partial_index(classes[spec.name], partial)


def add_foreign_key(
    table: Table, source: Column[Any], target: Column[Any], ondelete: str
) -> None:
    """Add a foreign key from `source` to `target`, named as the host names its own."""
    conventional = "fk" in (table.metadata.naming_convention or {})
    name = None if conventional else f"fk_{table.name}_{source.name}"
    table.append_constraint(
        ForeignKeyConstraint([source], [target], name=name, ondelete=ondelete)
    )


def _add_partial_index(mapped: type[Any], partial: PartialIndex) -> None:
    """Add the index to the table, unless another application has added it."""
    table, columns = mapped.__table__, columns_of(mapped)
    name = f"ix_{table.name}_{partial.name}"
    if name in {index.name for index in table.indexes}:
        return
    condition = partial.condition(columns)
    Index(
        name,
        *(columns[each] for each in partial.columns),
        postgresql_where=condition,
        sqlite_where=condition,
    )


def _add_unique_consent(consent: type[Any]) -> None:
    """Allow one row for each user and client, whatever the column names are."""
    columns = [contract.own_column(consent, name) for name in ("user_id", "client_id")]
    if not contract.is_unique(*columns):
        consent.__table__.append_constraint(UniqueConstraint(*columns))
