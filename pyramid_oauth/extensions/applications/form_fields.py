"""Form fields of WTForms for the columns of an application.

No specification. A field reads what a browser sends and returns the value of the
column; a form shows the errors beside their fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Enum, Text
from sqlalchemy.types import TypeDecorator
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    DecimalField,
    Field,
    FloatField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, TextInput

from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import has_nul, json_value
from pyramid_oauth.models.client_metadata_fields import url
from pyramid_oauth.models.contract import python_type
from pyramid_oauth.models.redirect_uris import Rules

MOST_CHOICES = 30
"""Beyond, words are typed instead of ticked."""

FORMAT, URL = "format", "url"
"""`Column.info` of a host's column that holds the URL of a web page or picture."""


class LinesField(TextAreaField):  # type: ignore[misc]
    """Words, one per line; the column stores them separated by spaces."""

    data: Any

    def _value(self) -> str:
        return "\n".join((self.data or "").split())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Join the lines."""
        self.data = " ".join(dict.fromkeys(" ".join(valuelist).split()))


class ListField(LinesField):
    """Text, one item per line; the value is a list, None if there is no item."""

    def _value(self) -> str:
        return "\n".join(map(str, self.data or ()))

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split the lines."""
        lines = (line.strip() for text in valuelist for line in text.splitlines())
        self.data = [line for line in lines if line] or None


class WordsField(SelectMultipleField):  # type: ignore[misc]
    """A selection of words; a column stores them separated by spaces."""

    def process_data(self, value: str | Sequence[str] | None) -> None:
        """Split the words of a column."""
        self.data = value.split() if isinstance(value, str) else list(value or ())


class JsonField(TextAreaField):  # type: ignore[misc]
    """A JSON value, with None for an empty text."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if not self.data else json.dumps(self.data, indent=2)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the text."""
        text = "".join(valuelist).strip()
        try:
            self.data = _storable(text) if text else None
        except InvalidToken as error:
            self.data = None
            raise ValueError(self.gettext("Invalid input.")) from error


def _storable(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value of JSON text; raise InvalidToken if no database can hold it."""
    value = json_value(text.encode())
    if has_nul(value):
        raise InvalidToken("U+0000")
    return value


class UuidField(StringField):  # type: ignore[misc]
    """A UUID."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the text."""
        text = "".join(valuelist).strip()
        self.data = UUID(text) if text else None


class UtcField(DateTimeLocalField):  # type: ignore[misc]
    """A time in UTC."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the time; a browser sends no time zone."""
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = self.data.replace(tzinfo=UTC)


class HeldField(Field):  # type: ignore[misc]
    """A value that the person sees and cannot change; what is sent is ignored."""

    process_errors: Sequence[str]

    def __init__(self, *args: object, present: object, **options: object) -> None:
        widget = CheckboxInput() if present is True else TextInput()
        super().__init__(*args, widget=widget, render_kw={"disabled": True}, **options)
        self._present = present

    def process(self, *args: object, **options: object) -> None:
        """Take the present value."""
        self.data, self.process_errors = self._present, []

    def _value(self) -> str:
        return " ".join(map(str, self.data)) if isinstance(self.data, list) else "y"


class UnsetField(StringField):  # type: ignore[misc]
    """Text, with None for an empty one."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Strip the text."""
        self.data = "".join(valuelist).strip() or None


def words_field(name: str, words: Sequence[str]) -> Any:  # noqa: ANN401 - an unbound field
    """Return a field for some of `words`: boxes to tick, or lines if there are many."""
    if len(words) > MOST_CHOICES:
        return LinesField(name)
    return WordsField(name, choices=list(words))


def is_url(form: object, field: Field) -> None:
    """Validator of WTForms: the value is the URL of a web page."""
    problem = url(page=True, fragment=True)(field.data, Rules()) if field.data else None
    if problem:
        raise ValidationError(problem)


def column_field(column: Column[Any], label: str) -> Any | None:  # noqa: ANN401 - an unbound field
    """Return the form field of a host's column; None if its type has none."""
    stored = column.type
    if isinstance(stored, TypeDecorator):
        stored = stored.impl_instance
    kind = python_type(stored)
    if isinstance(column.type, Enum) and column.type.enums:
        return _enum_field(column, column.type, label)
    if isinstance(column.type, JSON):
        return JsonField(label, _presence(column))
    if kind is bool:
        return BooleanField(label)
    make = _MAKERS.get(kind)
    return make(column, label) if make is not None else None


def _text_field(column: Column[Any], label: str) -> Any:  # noqa: ANN401 - an unbound field
    validators = _presence(column)
    longest = getattr(column.type, "length", None)
    if longest:
        validators.append(Length(max=longest))
    if column.info.get(FORMAT) == URL:
        validators.append(is_url)
        return UnsetField(label, validators, render_kw={"inputmode": "url"})
    if isinstance(column.type, Text):
        return TextAreaField(label, validators, filters=[_empty_text(column)])
    return StringField(label, validators, filters=[_empty_text(column)])


def _enum_field(column: Column[Any], kind: Enum, label: str) -> Any:  # noqa: ANN401 - an unbound field
    names = [*([] if _is_required(column) else [""]), *kind.enums]
    enumerated = kind.enum_class

    def convert(value: object) -> object:
        if enumerated is None or value in (None, "") or isinstance(value, enumerated):
            return value or None
        try:
            return enumerated[str(value)]
        except KeyError as error:
            raise ValueError(str(error)) from error

    return SelectField(label, choices=names, coerce=convert)


def _is_required(column: Column[Any]) -> bool:
    has_default = column.default is not None or column.server_default is not None
    return not (column.nullable or has_default)


def _presence(column: Column[Any]) -> list[Any]:
    return [InputRequired() if _is_required(column) else Optional()]


def _empty_text(column: Column[Any]) -> Callable[[Any], Any]:
    return lambda value: value or (None if column.nullable else "")


_MAKERS: dict[type[Any], Callable[[Column[Any], str], Any]] = {
    str: _text_field,
    int: lambda column, label: IntegerField(label, _presence(column)),
    float: lambda column, label: FloatField(label, _presence(column)),
    Decimal: lambda column, label: DecimalField(label, _presence(column)),
    date: lambda column, label: DateField(label, _presence(column)),
    datetime: lambda column, label: UtcField(label, _presence(column)),
    UUID: lambda column, label: UuidField(label, _presence(column)),
}
