"""Defaults of a mapped class, taken before the database would."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect as mapping_of


def apply_defaults(instance: Any) -> None:
    """Fill in the Python-side defaults now, so that rules can look at all fields."""
    for attribute in mapping_of(type(instance)).column_attrs:
        column = attribute.columns[0]
        default = getattr(column, "default", None)
        if default is None or getattr(instance, attribute.key) is not None:
            continue
        if default.is_scalar:
            setattr(instance, attribute.key, default.arg)
        elif default.is_callable:
            setattr(instance, attribute.key, default.arg(None))
