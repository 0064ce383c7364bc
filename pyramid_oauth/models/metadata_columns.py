"""Client metadata in columns that a host adds to its Application.

RFC 7591 section 2. A column says by its `info` which member it stores::

    logo: Mapped[str | None] = mapped_column(info={"client_metadata": "logo_uri"})
    agree: Mapped[bool] = mapped_column(info={"client_metadata": "terms_accepted"})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Column, String

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.interfaces.application import Application
from pyramid_oauth.models import contract
from pyramid_oauth.models.client_metadata_fields import (
    LONGEST_TEXT,
    Errors,
    Field,
    Shape,
    Validation,
    add_error,
    boolean,
    integer,
    text,
)
from pyramid_oauth.models.redirect_uris import Rules

INFO = "client_metadata"
"""The key of `Column.info`: the name of the member, or its `Field`."""

SET_BY, OWNER = "set_by", "owner"
"""The key of `Column.info` that says who sets the column, and its default."""

MOVABLE = frozenset(
    {
        *("client_uri", "logo_uri", "tos_uri", "policy_uri", "contacts"),
        *("software_id", "software_version"),
    }
)
"""The members of ours that a column may store: the server shows them to people only."""

_SHAPES: Mapping[type[Any], Callable[[Column[Any]], Shape]] = {
    str: lambda column: text(_length(column)),
    bool: lambda column: boolean,
    int: lambda column: integer,
}


@cache
def columns_by_member(mapped: type[Any]) -> Mapping[str, str]:
    """Return the attribute of `mapped` for each member that a column's `info` names."""
    return {
        given.name if isinstance(given, Field) else given: key
        for key, _, given in _marked_columns(mapped)
    }


def declared_fields(mapped: type[Any], known: Mapping[str, Field]) -> Iterator[Field]:
    """Yield the fields of the members that columns of `mapped` store.

    Args:
        mapped: The Application class of the host.
        known: The fields that are registered, by name.

    Raises:
        ConfigurationError: A column cannot store the member that it names.
    """
    for key, column, given in _marked_columns(mapped):
        field = _field(f"{mapped.__name__}.{key}", key, column, given, known)
        is_open = column.info.get(SET_BY, OWNER) == OWNER
        yield field if is_open else replace(field, by_administrators=True)


def check_host_columns(mapped: type[Any], fields: Iterable[Field]) -> Validation:
    """Return a validation of the members that columns of the host store.

    A column without a default that cannot be NULL makes its member required.
    """
    checked = [
        (field.column, field, _is_required(column))
        for field in fields
        if field.column is not None and not field.is_list
        if (column := _host_column(mapped, field.column)) is not None
    ]

    def validate(application: Application, rules: Rules, errors: Errors) -> None:
        for key, field, is_required in checked:
            value = getattr(application, key)
            problem = field.shape(value, rules) if value is not None else None
            if problem or (value is None and is_required):
                add_error(errors, key, problem or "is required")

    return validate


def _marked_columns(mapped: type[Any]) -> Iterator[tuple[str, Column[Any], Any]]:
    for attribute in mapped.__mapper__.column_attrs:
        column = attribute.columns[0]
        if isinstance(column, Column) and INFO in column.info:
            yield attribute.key, column, column.info[INFO]


def _host_column(mapped: type[Any], key: str) -> Column[Any] | None:
    """Return the column `key` of `mapped` if the host has added it, else None."""
    of_ours = any(
        key in vars(each)
        for each in mapped.__mro__
        if each.__module__.startswith("pyramid_oauth.") and each is not mapped
    )
    column: Column[Any] | None = contract.own_column(mapped, key)
    return None if of_ours else column


def _is_required(column: Column[Any]) -> bool:
    return not column.nullable and column.default is None


def _field(
    place: str, key: str, column: Column[Any], given: object, known: Mapping[str, Field]
) -> Field:
    if isinstance(given, Field):
        return replace(given, column=key)
    if not isinstance(given, str):
        raise ConfigurationError(
            f"{place}: info={{{INFO!r}: {given!r}}} is neither the name of a member of "
            "the client metadata nor a pyramid_oauth Field"
        )
    if given not in known:
        return Field(
            name=given, column=key, shape=_shape(place, column), read_by="the host"
        )
    if given not in MOVABLE:
        raise ConfigurationError(
            f"{place}: the server itself reads {given!r}, so that no column of yours "
            f"can store it; those that one can are {', '.join(sorted(MOVABLE))}, and "
            "members of your own"
        )
    return replace(known[given], column=key)


def _shape(place: str, column: Column[Any]) -> Shape:
    make = _SHAPES.get(contract.python_type(column.type))
    if make is None:
        raise ConfigurationError(
            f"{place}: {column.type!r} does not tell what the member may be; give a "
            f"Field: info={{{INFO!r}: Field(name=…, shape=…, read_by=…)}}"
        )
    return make(column)


def _length(column: Column[Any]) -> int:
    kind = column.type
    return (isinstance(kind, String) and kind.length) or LONGEST_TEXT
