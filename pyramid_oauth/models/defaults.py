"""Defaults of a mapped class, taken before the database would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect as mapping_of


def constants(mapped: type[Any]) -> dict[str, Any]:
    """What columns of `mapped` default to, by attribute, where that is a constant."""
    return {key: each.arg for key, each in _defaults(mapped) if each.is_scalar}


def apply_defaults(instance: Any) -> None:
    """Fill in the Python-side defaults now, so that rules can look at all fields."""
    for name, default in _defaults(type(instance)):
        if getattr(instance, name) is not None:
            continue
        if default.is_scalar:
            setattr(instance, name, default.arg)
        elif default.is_callable:
            setattr(instance, name, default.arg(_Context(instance)))


class _Context:
    """What SQLAlchemy gives to a default that looks at other values of its row."""

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    @property
    def current_parameters(self) -> dict[str, Any]:
        return self.get_current_parameters()

    def get_current_parameters(
        self, isolate_multiinsert_params: bool = True
    ) -> dict[str, Any]:
        found = _columns(type(self._instance))
        return {column.key: getattr(self._instance, name) for name, column in found}


def _columns(mapped: type[Any]) -> Iterator[tuple[str, Any]]:
    for attribute in mapping_of(mapped).column_attrs:
        yield attribute.key, attribute.columns[0]


def _defaults(mapped: type[Any]) -> Iterator[tuple[str, Any]]:
    for name, column in _columns(mapped):
        # An expression (`column_property`) has none.
        default = getattr(column, "default", None)
        if default is not None:
            yield name, default
