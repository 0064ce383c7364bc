"""Specification of a model: mixin, references, expiry and purge rule.

No specification. The kernel, extensions and hosts register models by
``config.add_oauth_model``. The setting that names the host's class, the default class,
the contract, the purge and the deletion of clients follow from the ModelSpec.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement
from sqlalchemy.orm.properties import MappedColumn

EXPIRES = "expires_at"

APPLICATION = {"client_id": ("Application", "client_id")}
"""References of a model whose rows belong to a client."""

GRANT = {"grant_id": ("Grant", "id")}
"""References of a model whose rows belong to a grant."""

Condition = Callable[[Any, datetime], ColumnElement[bool]]
"""`(models, at)`: returns a further SQL condition on the rows, at the time `at`."""


@dataclass(frozen=True, kw_only=True)
class PurgeRule:
    """Rule for the rows of a model that `purge` deletes.

    Attributes:
        name: The plural name in the output of `purge`, such as "access tokens".
        model: The name of the model, or a mapped class of the host in the database of
            the models.
        ended: The attribute with the time at which a row expired or ended; NULL if it
            has not.
        along: The attribute that orders the rows; by default `ended`. It must have an
            index, so that no row is read twice.
        keep: Given the settings, returns the seconds for which an ended row is kept;
            None keeps it for ever.
        also: A further condition, or None.
    """

    name: str
    model: str | type[Any]
    ended: str = EXPIRES
    along: str | None = None
    keep: Callable[[Any], int | None] = lambda settings: 0
    also: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class PartialIndex:
    """An index of the rows of a model that meet a condition.

    Attributes:
        name: The end of its name, after that of the table.
        columns: The indexed attributes.
        condition: Given the columns by attribute, returns the SQL condition.
    """

    name: str
    columns: tuple[str, ...]
    condition: Callable[[Mapping[str, Any]], ColumnElement[bool]]


@dataclass(frozen=True)
class ModelSpec:
    """A model that a host can replace by its own class.

    Attributes:
        name: The name, in the form of a class name: "DeviceCode". The setting for the
            class of the host is then `device_code_factory`.
        mixin: The class with the columns. Importing it creates no table.
        references: Foreign keys with ON DELETE CASCADE: the (model, attribute) of the
            target, by attribute.
        expires: The attribute with the expiry time, which has an index; None if rows do
            not expire.
        client_column: The attribute with the `client_id` of the owner. Rows are deleted
            with that client, and a client with a valid row is not unused for `purge`.
            None: only `references` count.
        user_column: The attribute with the subject of a user, a foreign key where the
            host sets `user_key`. None, if rows outlive the user.
        purge: The purge rule, if it is not simply `expires`.
        indexes: Partial indexes. Those of whole columns are in the mixin.
    """

    name: str
    mixin: type[Any]
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    expires: str | None = EXPIRES
    client_column: str | None = "client_id"
    user_column: str | None = "user_id"
    purge: PurgeRule | None = None
    indexes: tuple[PartialIndex, ...] = ()

    @property
    def setting(self) -> str:
        """The setting that names the class of the host, without prefix."""
        return f"{'_'.join(self._words)}_factory"

    @property
    def purge_rule(self) -> PurgeRule | None:
        """The rule by which `purge` deletes rows; None if it deletes none."""
        if self.purge is not None or self.expires is None:
            return self.purge
        name = f"{' '.join(self._words)}s"
        return PurgeRule(name=name, model=self.name, ended=self.expires)

    @property
    def _words(self) -> list[str]:
        return [word.lower() for word in re.findall("[A-Z]+[^A-Z]*", self.name)]

    @property
    def columns(self) -> dict[str, Column[Any]]:
        """The columns of the mixin by attribute name."""
        return {
            name: value.column
            for name, value in vars(self.mixin).items()
            if isinstance(value, MappedColumn)
        }

    @property
    def filled(self) -> tuple[str, ...]:
        """The attributes that the server sets when it inserts a row.

        All except an `id` without a default: the database or the host generates it.
        """
        return tuple(
            name
            for name, column in self.columns.items()
            if name != "id" or column.default is not None
        )

    @property
    def made_by_server(self) -> bool:
        """Whether only the server inserts rows; hosts insert applications too."""
        return self.name != "Application"
