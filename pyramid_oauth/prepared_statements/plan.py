"""The execution plan of a statement: its text, bind processors and columns."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, Dialect, Executable, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Converters = tuple[tuple[Any, Callable[[Any], Any]], ...]

Values = tuple[Any, ...]
"""A row: a named tuple."""

PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)s)")
"""A percent sign, or a parameter, of the driver's parameter style (PEP 249)."""


class Plan:
    """The execution plan of one statement for one dialect.

    Attributes:
        text: The statement with named parameters, as the driver takes it.
        numbered_text: The statement with `$1` …, as PostgreSQL takes it.
        names: The parameter names in the order of their numbers.
        columns: The columns of its rows; none if it returns no row.
        build_row: Makes the row of the driver's values.
    """

    def __init__(self, statement: Executable, compiled: SQLCompiler) -> None:
        self.text = str(compiled)
        self.names, self.numbered_text = _number_parameters(self.text)
        self._dialect = compiled.dialect
        self._constants: dict[str, Any] = {}
        binders = []
        for parameter, name in compiled.bind_names.items():
            convert = self._type(parameter).bind_processor(self._dialect)
            if not parameter.required:
                value = parameter.effective_value
                self._constants[name] = convert(value) if convert else value
            elif convert:
                binders.append((name, convert))
        self._binders: Converters = tuple(binders)
        self.columns: list[ColumnElement[Any]] = []
        if isinstance(statement, Select):
            self.columns = list(statement.selected_columns)
        names = [str(column.key) for column in self.columns]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self.build_row: Callable[[Sequence[Any]], Values] = partial(tuple.__new__, row)
        self.readers: Converters | None = None

    def _type(self, element: ColumnElement[Any]) -> TypeEngine[Any]:
        return element.type.dialect_impl(self._dialect)

    def bound(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return `parameters` as the driver takes them."""
        values = {**self._constants, **parameters}
        for name, convert in self._binders:
            values[name] = convert(values[name])
        return values

    def build_readers(self, kinds: Sequence[Any]) -> Converters:
        """Return the result processors of the columns.

        Args:
            kinds: The driver's type codes of the columns.
        """
        found = [
            self._type(column).result_processor(self._dialect, kind)
            for column, kind in zip(self.columns, kinds, strict=True)
        ]
        self.readers = tuple((at, each) for at, each in enumerate(found) if each)
        return self.readers

    def read(self, row: Sequence[Any], readers: Converters) -> Values:
        """Return a row of the driver with the values that SQLAlchemy would give."""
        if not readers:
            return self.build_row(row)
        values = list(row)
        for place, convert in readers:
            values[place] = convert(values[place])
        return self.build_row(values)


def _number_parameters(text: str) -> tuple[tuple[str, ...], bytes]:
    """Return the names of the parameters, and the text with `$1` … for them."""
    numbers: dict[str, int] = {}

    def replace(found: re.Match[str]) -> str:
        name = found[1]
        return f"${numbers.setdefault(name, len(numbers) + 1)}" if name else "%"

    numbered = PLACEHOLDER.sub(replace, text)
    return tuple(numbers), numbered.encode()


def build_plan(dialect: Dialect, statement: Executable) -> Plan | None:
    """Return the plan of a statement; None if it has none."""
    compiled = cast(ClauseElement, statement).compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        return None
    return Plan(statement, compiled) if _is_plain(compiled) else None


def _is_plain(compiled: SQLCompiler) -> bool:
    """Whether text and parameters are fixed: nothing is computed at execution."""
    return not (
        compiled.positional
        or compiled.prefetch
        or compiled.effective_returning
        or compiled.post_compile_params
        or compiled.literal_execute_params
        or compiled.escaped_bind_names
    )
