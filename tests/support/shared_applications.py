"""Applications that tests with the same configuration use one after the other.

Configuring one takes longer than most tests. Before each use it is restored to its
`Checkpoint`; its database is the test's own. An application that holds anything that is
not described by its `Recipe` is configured for its test alone.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from pyramid.registry import Registry
from pyramid.request import Request
from sqlalchemy.orm import Session, sessionmaker

from pyramid_oauth import hashing
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.server import SERVER
from tests.support.checkpoint import Checkpoint, StructureChanged
from tests.support.process_threads import has_running_threads

CONSTANT = (str, int, float, bytes, type(None), type, datetime, timedelta)
MOST_KEPT = 24
"""Applications that wait for a test, per process."""


class Application(NamedTuple):
    """A WSGI application, and what makes its sessions where a test has a database."""

    wsgi: Any
    sessions: sessionmaker[Session] = sessionmaker()


Build = Callable[[], Application]


class Notified(list[Any]):
    """The events of hosts that subscribe its `append`.

    All tests have the same list, empty at first, so that they may share a host.
    """


class NotShareable(Exception):
    """A configuration holds an object that may be a test's own."""


class SharedApplication:
    """An application with its state after the start."""

    def __init__(self, application: Application) -> None:
        self.application = application
        _load_texts(application.wsgi.registry)
        self._checkpoint = Checkpoint(application.wsgi)

    def restore(self) -> None:
        self._checkpoint.restore()
        settings = self.application.wsgi.registry[SERVER].settings
        # The one thing that the start of an application sets for the process.
        hashing.limit_concurrency(settings.password_hash_concurrency)


def _load_texts(registry: Registry) -> None:
    """Let Pyramid register the texts of English, which it does for the first page."""
    request = Request.blank("/")
    request.registry, request.locale_name = registry, "en"
    assert request.localizer


class SharedApplications:
    """The applications of this process that no test uses at the moment."""

    def __init__(self) -> None:
        self._idle: OrderedDict[Hashable, list[SharedApplication]] = OrderedDict()
        self._seen: set[Hashable] = set()

    def take(self, recipe: Hashable, build: Build) -> SharedApplication | None:
        """Return an application as after its start; None for the first of its recipe.

        Most configurations are used once, and a checkpoint costs time.
        """
        if recipe not in self._seen:
            self._seen.add(recipe)
            return None
        while idle := self._idle.get(recipe):
            shared = idle.pop()
            try:
                shared.restore()
            except StructureChanged:
                continue
            return shared
        return SharedApplication(build())

    def give_back(self, recipe: Hashable, shared: SharedApplication) -> None:
        """Keep the application for the next test, unless its threads still run."""
        if has_running_threads(shared.application.wsgi):
            return
        self._idle.setdefault(recipe, []).append(shared)
        self._idle.move_to_end(recipe)
        if len(self._idle) > MOST_KEPT:
            self._idle.popitem(last=False)


class Lease:
    """What one test uses of the shared applications."""

    def __init__(self, shared: SharedApplications, *, shares: bool) -> None:
        self._shared, self._shares = shared, shares
        self._taken: list[tuple[Hashable, SharedApplication]] = []

    def get(self, build: Build, *configuration: object) -> Application:
        """Return an application, a shared one where its configuration is constant."""
        if not self._shares or _observes_start():
            return build()
        try:
            recipe = describe(configuration)
        except NotShareable:
            return build()
        shared = self._shared.take(recipe, build)
        if shared is None:
            return build()
        self._taken.append((recipe, shared))
        return shared.application

    def end(self) -> None:
        for recipe, shared in self._taken:
            self._shared.give_back(recipe, shared)


def _observes_start() -> bool:
    """Whether the test collects the warnings of a start."""
    return bool(warnings.filters) and warnings.filters[0][0] == "always"


def describe(value: object) -> Hashable:
    """Return a key that two values share if applications made with them are alike.

    Raises:
        NotShareable: The value may change, or be compared by identity.
    """
    if isinstance(value, CONSTANT):
        return type(value), value
    if isinstance(value, (tuple, frozenset)):
        return type(value), tuple(map(describe, value))
    if isinstance(value, dict):
        return tuple((name, describe(each)) for name, each in sorted(value.items()))
    if isinstance(value, FunctionType):
        cells = (cell.cell_contents for cell in value.__closure__ or ())
        held = (*cells, value.__defaults__, value.__kwdefaults__ or {})
        return value.__code__, id(value.__globals__), tuple(map(describe, held))
    if isinstance(value, ModuleType):
        return value
    if _is_stateless(value):
        return (type(value),)
    if isinstance(value, (Fetcher, Notified)):
        # One for all tests, or one of a test whose application no other test gets.
        return type(value), id(value)
    raise NotShareable(type(value))


def _is_stateless(value: object) -> bool:
    """Whether it is an object of the tests without contents, a policy for example."""
    kinds = type(value).__mro__[:-1]
    ours = all(each.__module__.startswith("tests.") for each in kinds)
    return ours and getattr(value, "__dict__", None) == {}
