"""Foreign keys to the table of the host's users (`user_key`).

No specification. Without it, a user is an opaque subject in a column without a
reference. With it, each column that holds a user has the type of the host's key and
refers to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index
from sqlalchemy.orm import Mapper, QueryableAttribute

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import contract
from pyramid_oauth.models.constraints import add_foreign_key
from pyramid_oauth.models.registry import ModelSpec


@dataclass(frozen=True)
class UserKey:
    """The column of the host to which all columns with a user refer.

    Attributes:
        column: The column, which is unique.
        mapped: The class of the host that has it.
        ondelete: What happens to grants, tokens, consents and other rows of a user who
            is deleted: "cascade" or "restrict".
        owner_ondelete: What happens to applications of such a user: "set null",
            "cascade" or "restrict".
    """

    column: Column[Any]
    mapped: type[Any]
    ondelete: str
    owner_ondelete: str

    @classmethod
    def of(cls, given: object, ondelete: str, owner_ondelete: str) -> UserKey:
        """Return the key that the attribute `given` of a mapped class stands for.

        Raises:
            ConfigurationError: It is no such attribute, or its column is not unique.
        """
        column = _column_of(given)
        if not isinstance(given, QueryableAttribute) or column is None:
            raise ConfigurationError(
                f"pyramid_oauth.user_key: {given!r} is not a column attribute of a "
                "mapped class; write `mypackage.models.User.id`"
            )
        if not contract.is_unique(column):
            raise ConfigurationError(
                f"pyramid_oauth.user_key: {column} is not unique, so no foreign key "
                "can refer to it; name the primary key"
            )
        return cls(column, given.parent.class_, ondelete, owner_ondelete)

    def refer(self, spec: ModelSpec, mapped: type[Any]) -> None:
        """Make the column with the user of `mapped` a foreign key, if it has one.

        A column that the host declared with a foreign key stays as it is.

        Raises:
            ConfigurationError: The tables have different MetaData, or the host's column
                has another type than the key.
        """
        name = spec.user_column
        if name is None or name not in spec.columns:
            return
        column: Column[Any] = contract.own_column(mapped, name)
        if column.foreign_keys:
            return
        table: Any = column.table
        if table.metadata is not self._table.metadata:
            raise ConfigurationError(
                f"pyramid_oauth.user_key: {self.mapped.__name__} and {mapped.__name__} "
                "must share one MetaData; map both on the same declarative base"
            )
        self._set_type(column, spec.columns[name])
        is_owner = not spec.made_by_server
        ondelete = self.owner_ondelete if is_owner else self.ondelete
        add_foreign_key(table, column, self.column, ondelete.upper())
        # Without an index each deletion of a user would read the whole table.
        if not _leads_an_index(column):
            Index(None, column)

    @property
    def _table(self) -> Any:  # noqa: ANN401 - a Table
        return self.column.table

    def _set_type(self, column: Column[Any], declared: Column[Any]) -> None:
        """Give `column` the type of the key, unless the host chose one."""
        if column.type is declared.type:
            column.type = self.column.type
            # What compares with the column keeps the type that it had.
            vars(column).pop("comparator", None)
        elif _python_type(column) is not _python_type(self.column):
            raise ConfigurationError(
                f"pyramid_oauth.user_key: {column} is {column.type!r}, but "
                f"{self.column} is {self.column.type!r}; give both one type, or leave "
                "the column out of your class"
            )


def _column_of(given: object) -> Column[Any] | None:
    """Return the column of the table for an attribute of a mapped class, or None."""
    mapper = getattr(given, "parent", None)
    if not isinstance(mapper, Mapper) or not isinstance(given, QueryableAttribute):
        return None
    found = mapper.columns.get(given.key)
    return found if isinstance(found, Column) else None


def _python_type(column: Column[Any]) -> type[Any]:
    return contract.python_type(column.type)


def _leads_an_index(column: Column[Any]) -> bool:
    table: Any = column.table
    sets = [table.primary_key.columns, *(index.columns for index in table.indexes)]
    sets += [each.columns for each in contract.unique_constraints(table)]
    return any(next(iter(columns), None) is column for columns in sets)
