"""Our own declarative bases, for applications that map no model of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth.models.registry import ModelSpec

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

_bases: dict[tuple[Any, ...], type[DeclarativeBase]] = {}


def default_base(specs: Iterable[ModelSpec]) -> type[DeclarativeBase]:
    """Return the declarative base of the applications with exactly these models.

    Applications of one process share it where they include the same models. Others
    have another one, so that no MetaData has a table of an extension that is left out.
    """
    key = tuple(
        (spec.name, spec.mixin, tuple(sorted(spec.references.items())))
        for spec in specs
    )
    if key not in _bases:
        _bases[key] = _new_base()
    return _bases[key]


def _new_base() -> type[DeclarativeBase]:
    class Base(DeclarativeBase):
        """A declarative base of default tables."""

        metadata = MetaData(naming_convention=NAMING_CONVENTION)

    return Base
