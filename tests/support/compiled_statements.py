"""Compiled SQL statements that all engines of this process share.

SQLAlchemy keeps compiled statements for each engine and dialect. A test has an engine
of its own, so it would compile what a thousand tests before it have compiled.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import FunctionType, ModuleType
from typing import Any, Final

import pytest
from sqlalchemy import Dialect, Engine
from sqlalchemy.orm import Mapper
from sqlalchemy.util import LRUCache

MOST_KEPT: Final = 2000
"""Statements of this process; those of the tables that one test defined leave first."""

COMPARED: Final = (str, int, float, bytes, tuple, type, FunctionType, ModuleType)
OF_ONE_DIALECT: Final = frozenset(
    # What each dialect makes for itself, and what no statement's text depends on.
    ("identifier_preparer", "type_compiler", "type_compiler_instance", "dispatch")
)
KIND: Final = "tests.kind"

_TYPE_MEMOS: Final[dict[Hashable, Any]] = {}


class SharedStatements(LRUCache[Any, Any]):
    """A cache of compiled statements whose keys name the kind of dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_shared_key(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_shared_key(key), value)


def share_compiled_statements(patch: pytest.MonkeyPatch) -> None:
    """Let engines and mappers look up compiled statements in one cache."""
    shared = SharedStatements(MOST_KEPT)
    # A property, as each engine sets the attribute.
    instead = property(lambda engine: shared, lambda engine, own: None)
    patch.setattr(Engine, "_compiled_cache", instead, raising=False)
    patch.setattr(Mapper, "_compiled_cache", shared)


def _shared_key(key: tuple[Any, ...]) -> tuple[Hashable, ...]:
    dialect, *rest = key
    kind = vars(dialect).get(KIND)
    if kind is None:
        kind = vars(dialect)[KIND] = _kind(dialect)
        # What a type does depends on nothing else of the dialect.
        vars(dialect)["_type_memos"] = _TYPE_MEMOS.setdefault(kind, dialect._type_memos)
    return kind, *rest


def _kind(dialect: Dialect) -> Hashable:
    """Return a key that dialects share which compile every statement alike."""
    members = {
        name: value
        for name, value in vars(dialect).items()
        if name not in OF_ONE_DIALECT and value is not None
    }
    shared = (each for each in members.items() if isinstance(each[1], COMPARED))
    return type(dialect), frozenset(shared)
