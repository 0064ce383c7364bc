"""Checkpoint of an application: what it holds in memory, restored before another test.

It covers every dictionary, list, set, queue, closure variable and attribute that can be
reached from the application through our packages and Pyramid.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import is_
from types import CellType, FunctionType, MethodType
from typing import Any

from pyramid.config.actions import ActionState
from pyramid.registry import Introspector
from sqlalchemy import Engine
from zope.interface.adapter import AdapterRegistry

PACKAGES = {"oauthlib", "pyramid_oauth", "pyramid", "tests"}
"""The packages whose objects are looked into. Others keep caches of what is constant:
Jinja2 its templates, SQLAlchemy its statements."""
FINISHED = (ActionState, Introspector)
"""What only the configuration changes."""
ATOMS = (str, int, float, bytes, type(None), type)


class StructureChanged(Exception):
    """The test registered something further, which cannot be undone."""


class Checkpoint:
    """The contents of the objects that `root` holds.

    Args:
        root: An application that has not served a request.
    """

    def __init__(self, root: object) -> None:
        self._restore = tuple(part for each in _reach(root) for part in _parts(each))

    def restore(self) -> None:
        """Give every object the content that it had.

        Raises:
            StructureChanged: The application has views, subscribers or listeners of its
            database that it had not.
        """
        for restore in self._restore:
            restore()


def _reach(root: object) -> list[object]:
    """Return all objects that are reached from `root`."""
    found: dict[int, object] = {}
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, ATOMS) and id(each) not in found:
            found[id(each)] = each
            waiting.extend(_held_by(each))
    return list(found.values())


def _held_by(holder: Any) -> Iterator[object]:
    """Iterate over the objects that one holds, if it may change or is a wrapper."""
    if isinstance(holder, dict):
        yield from holder
        yield from holder.values()
    elif isinstance(holder, (list, tuple, set, frozenset, deque)):
        yield from holder
    if isinstance(holder, FunctionType):
        yield from holder.__closure__ or ()
        yield holder.__defaults__
        yield holder.__dict__
    elif isinstance(holder, CellType):
        yield _read_cell(holder)
    elif isinstance(holder, MethodType):
        yield from (holder.__self__, holder.__func__)
    elif isinstance(holder, partial):
        yield from (holder.func, holder.args, holder.keywords)
    elif _is_looked_into(holder):
        yield getattr(holder, "__dict__", None)
        yield from (getattr(holder, name, None) for name in _slots(type(holder)))


def _is_looked_into(holder: object) -> bool:
    package = type(holder).__module__.partition(".")[0]
    return package in PACKAGES and not isinstance(holder, FINISHED)


def _slots(kind: type) -> Iterator[str]:
    for each in kind.__mro__:
        names = vars(each).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__"):
                yield name if name[:2] != "__" else f"_{each.__name__}{name}"


def _read_cell(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # its function has not come so far
        return None


def _parts(holder: Any) -> Iterable[Callable[[], None]]:
    """Return functions that restore the content of an object, where it may change."""
    if isinstance(holder, AdapterRegistry):
        return [partial(_check_adapters, holder, holder._generation)]
    if isinstance(holder, Engine):
        return [partial(_check_listeners, holder, _count_listeners(holder))]
    if isinstance(holder, dict):
        return [partial(_restore_dict, holder, (*holder,), (*holder.values(),))]
    if isinstance(holder, (list, deque)):
        return [partial(_restore_sequence, holder, (*holder,))]
    if isinstance(holder, set):
        return [partial(_restore_set, holder, frozenset(holder))]
    if isinstance(holder, CellType):
        return [partial(_restore_cell, holder, _read_cell(holder))]
    if _is_looked_into(holder):
        return [
            partial(_restore_attribute, holder, name, getattr(holder, name))
            for name in _slots(type(holder))
            if hasattr(holder, name)
        ]
    return ()


def _check_adapters(adapters: AdapterRegistry, generation: int) -> None:
    if adapters._generation != generation:
        raise StructureChanged


def _check_listeners(engine: Engine, number: int) -> None:
    if _count_listeners(engine) != number:
        raise StructureChanged


def _count_listeners(engine: Engine) -> int:
    events: Any = engine.dispatch
    return sum(len(getattr(events, name)) for name in events._event_names)


def _restore_dict(
    holder: dict[Any, Any], keys: tuple[Any, ...], values: tuple[Any, ...]
) -> None:
    if (
        len(holder) == len(keys)
        and all(map(is_, holder, keys))
        and all(map(is_, holder.values(), values))
    ):
        return
    holder.clear()
    holder.update(zip(keys, values, strict=True))


def _restore_sequence(holder: Any, items: tuple[Any, ...]) -> None:
    if len(holder) != len(items) or not all(map(is_, holder, items)):
        holder.clear()
        holder.extend(items)


def _restore_set(holder: set[Any], items: frozenset[Any]) -> None:
    if holder != items:
        holder.clear()
        holder.update(items)


def _restore_cell(cell: CellType, content: object) -> None:
    if _read_cell(cell) is not content:
        cell.cell_contents = content


def _restore_attribute(holder: object, name: str, value: object) -> None:
    if getattr(holder, name, None) is not value:
        object.__setattr__(holder, name, value)
