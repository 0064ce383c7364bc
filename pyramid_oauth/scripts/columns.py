"""The columns of a mapped class, from and to text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Column
from sqlalchemy import inspect as mapping_of

from pyramid_oauth import converters

HIDDEN = frozenset(
    {
        "client_secret",
        "retiring_client_secret",
        "sealed_client_secret",
        "registration_token_digest",
    }
)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


FROM_TEXT: dict[type[Any], Any] = {
    bool: converters.boolean,
    int: int,
    float: float,
    str: str,
    UUID: UUID,
    datetime: _moment,
    dict: json.loads,
}


def parsed(model: type[Any], given: dict[str, str]) -> dict[str, Any]:
    """The values of `given` as the columns of `model` hold them.

    Raises click.BadParameter for a name that is no column, for a secret, and for text
    that is no value of the column's type.
    """
    attributes = mapping_of(model).column_attrs
    values = {}
    for name, text in given.items():
        if name not in attributes or name in HIDDEN:
            raise click.BadParameter(f"{model.__name__} has no column {name} to set")
        values[name] = _value(attributes[name].columns[0], name, text)
    return values


def _value(column: Column[Any], name: str, text: str) -> Any:
    try:
        convert = FROM_TEXT.get(column.type.python_type, str)
    except NotImplementedError:
        convert = str
    try:
        return convert(text)
    except ValueError as error:
        raise click.BadParameter(f"{name}: {error}") from error


def shown(instance: Any) -> dict[str, Any]:
    """All columns of `instance` as JSON values, secrets left out."""
    return {
        attribute.key: _plain(getattr(instance, attribute.key))
        for attribute in mapping_of(type(instance)).column_attrs
        if attribute.key not in HIDDEN
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value
    return str(value)
