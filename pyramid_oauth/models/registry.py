"""What is said of a model: its mixin, what it refers to, when a row of it is dead.

The kernel, every extension and a host say it by ``config.add_oauth_model``. The setting
that names the host's class, the default class, the contract, the purge and the deletion
of clients follow from it.
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
"""The reference of a model whose rows belong to a client."""

GRANT = {"grant_id": ("Grant", "id")}
"""The reference of a model whose rows belong to a grant."""

Condition = Callable[[Any, datetime], ColumnElement[bool]]
"""Given the `Models` and the present moment: what must hold of a row besides."""


@dataclass(frozen=True, kw_only=True)
class PurgeRule:
    """Which rows of a model `purge` deletes.

    Attributes:
        name: What the rows are called where they are counted: "access tokens".
        model: The name of the model.
        ended: The attribute with the moment at which a row ended. NULL: not yet.
        along: The attribute in whose order the rows are read. It is indexed, so that
            no live row is read twice; by default `ended`.
        keep: Given the settings, for how many seconds a row stays after it ended; None
            keeps it for ever.
        also: What must hold besides.
    """

    name: str
    model: str
    ended: str = EXPIRES
    along: str | None = None
    keep: Callable[[Any], int | None] = lambda settings: 0
    also: Condition | None = None


@dataclass(frozen=True)
class ModelSpec:
    """One model that a host may replace by a class of its own.

    Attributes:
        name: The name, in the form of a class: "DeviceCode". Its setting is
            `device_code_factory`.
        mixin: The class with the columns; importing it creates no table.
        references: By attribute, the (model, attribute) that it refers to by a foreign
            key, which deletes with its target.
        expires: The attribute with the moment from which a row is dead, by which it is
            indexed. None: no row ends by itself.
        client_column: The attribute with the `client_id` that a row belongs to. Its
            rows are deleted with their client, and while one of them lives `purge`
            does not take the client for an unused one. None: only the references count.
        purge: The rule of `purge`, where it is another than `expires`.
    """

    name: str
    mixin: type[Any]
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    expires: str | None = EXPIRES
    client_column: str | None = "client_id"
    purge: PurgeRule | None = None

    @property
    def setting(self) -> str:
        """The setting that names the host's class, without prefix."""
        return f"{'_'.join(self._words)}_factory"

    @property
    def purge_rule(self) -> PurgeRule | None:
        """When `purge` deletes a row; None: never."""
        if self.purge is not None or self.expires is None:
            return self.purge
        name = f"{' '.join(self._words)}s"
        return PurgeRule(name=name, model=self.name, ended=self.expires)

    @property
    def _words(self) -> list[str]:
        return [word.lower() for word in re.findall("[A-Z]+[^A-Z]*", self.name)]

    @property
    def columns(self) -> dict[str, Column[Any]]:
        """The columns that the mixin brings, by the name of their attribute."""
        return {
            name: value.column
            for name, value in vars(self.mixin).items()
            if isinstance(value, MappedColumn)
        }

    @property
    def filled(self) -> tuple[str, ...]:
        """The attributes that have a value when the server makes a row.

        All but a key that counts up or is the host's: an `id` without default.
        """
        return tuple(
            name
            for name, column in self.columns.items()
            if name != "id" or column.default is not None
        )

    @property
    def made_by_server(self) -> bool:
        """Whether all rows are the server's; applications are the host's too."""
        return self.name != "Application"
