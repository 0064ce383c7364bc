"""Writes to several rows, which lock them in one order, so that none deadlock."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, case, select


def is_among(
    column: ColumnElement[Any], values: Collection[str]
) -> ColumnElement[bool]:
    """Return the condition of an UPDATE or DELETE that the column has such a value.

    The rows are locked in the order in which Python sorts the values, whatever the
    collation of the database. PostgreSQL alone would lock them as it finds them.
    """
    ordered = sorted(values)
    among = column.in_(ordered)
    if len(ordered) < 2:
        return among
    places = {value: place for place, value in enumerate(ordered)}
    locked = (
        select(column)
        .where(among)
        .order_by(case(places, value=column))
        .with_for_update()
        .cte("locked")
    )
    return column.in_(select(locked.c[0]))
