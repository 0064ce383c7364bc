"""Start-up work of the test applications that is done once per process.

A server starts once and a test starts an application of its own, thousands of times in
a run. Nothing here changes what an application does; it remembers what other packages
look up, compile or check again for each of them.
"""

from __future__ import annotations

import inspect
import os
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, wraps
from itertools import cycle, islice
from linecache import getline
from types import CodeType, FrameType, FunctionType, SimpleNamespace
from typing import Any

import jinja2
import plaster.loaders
import pyramid.config.actions
import pyramid.util
import pyramid_jinja2
import pytest
from joserfc.jwk import RSAKey
from pyramid.util import TopologicalSorter
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.base import PGDialect

from tests.support.compiled_statements import share_compiled_statements
from tests.support.key_material import KEPT
from tests.support.migrated_databases import migrate_empty_databases_once
from tests.support.page_forms import parse_forms_once

# More than one database of a test holds, so that no key comes twice in it.
RSA_KEYS = 24
RSA_NUMBERS = {"n", "e", "d", "p", "q", "dp", "dq", "qi"}


@pytest.fixture(scope="session", autouse=True)
def cheap_start() -> Iterator[None]:
    """Start applications without what is the same for each of them."""
    with pytest.MonkeyPatch.context() as patch:
        _patch_frames(patch)
        _patch_signatures(patch)
        _patch_entry_points(patch)
        _patch_sorting(patch)
        _patch_templates(patch)
        _patch_rsa_keys(patch)
        _patch_trust(patch)
        _patch_dialects(patch)
        share_compiled_statements(patch)
        migrate_empty_databases_once(patch)
        parse_forms_once(patch)
        yield


def _patch_frames(patch: pytest.MonkeyPatch) -> None:
    """Name callers without looking at the files of the whole stack, pytest's too."""

    def stack() -> Iterator[tuple[FrameType]]:
        return ((frame,) for frame in _callers(sys._getframe(1)))

    def extract_stack(limit: int) -> _NearestCallers:
        return _NearestCallers(islice(_callers(sys._getframe(1)), limit))

    finder = pyramid_jinja2._PackageFinder
    patch.setattr(finder, "inspect", SimpleNamespace(stack=stack))
    tracing = SimpleNamespace(extract_stack=extract_stack)
    patch.setattr(pyramid.config.actions, "traceback", tracing)


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


class _NearestCallers:
    """The innermost frames, outermost first; describes the one that is asked for."""

    def __init__(self, frames: Iterable[FrameType]) -> None:
        self._frames = [*frames][::-1]

    def __getitem__(self, index: int) -> tuple[str, int, str, str]:
        frame = self._frames[index]
        code, number = frame.f_code, frame.f_lineno
        line = getline(code.co_filename, number).strip()
        return code.co_filename, number, code.co_name, line


def _patch_signatures(patch: pytest.MonkeyPatch) -> None:
    """Read the parameters of a view from its code: Pyramid asks twice for each."""

    def getfullargspec(view: Any) -> inspect.FullArgSpec:
        if type(view) is not FunctionType or "__signature__" in vars(view):
            return inspect.getfullargspec(view)
        args, varargs, varkw = inspect.getargs(view.__code__)
        # Pyramid does not read the keyword-only ones, nor annotations.
        return inspect.FullArgSpec(
            args, varargs, varkw, view.__defaults__, [], None, {}
        )

    instead = {**vars(inspect), "getfullargspec": getfullargspec}
    patch.setattr(pyramid.util, "inspect", SimpleNamespace(**instead))


def _patch_entry_points(patch: pytest.MonkeyPatch) -> None:
    """Read the metadata of all installed packages once, not for every ini file."""
    find = cache(plaster.loaders.find_loaders)
    patch.setattr(
        plaster.loaders,
        "find_loaders",
        lambda scheme, protocols=None: find(scheme, protocols and tuple(protocols)),
    )


def _patch_sorting(patch: pytest.MonkeyPatch) -> None:
    """Sort the same predicates and derivers once, not for every view."""
    known: dict[object, list[Any]] = {}
    original = TopologicalSorter.sorted

    @wraps(original)
    def in_order(self: TopologicalSorter) -> list[tuple[Any, Any]]:
        key = tuple(self.names), tuple(self.order), self.first, self.last
        if key not in known:
            known[key] = [name for name, value in original(self)]
        return [(name, self.name2val[name]) for name in known[key]]

    patch.setattr(TopologicalSorter, "sorted", in_order)


def _patch_templates(patch: pytest.MonkeyPatch) -> None:
    """Compile each template once for all environments that are configured alike."""
    known: dict[object, CodeType | str] = {}
    original = jinja2.Environment.compile

    @wraps(original)
    def compiled(self: jinja2.Environment, source: Any, *rest: Any, **more: Any) -> Any:
        key = (
            *(source, rest, tuple(more.items()), self.lexer, self.autoescape),
            *(frozenset(self.extensions), getattr(self, "newstyle_gettext", None)),
        )
        if key not in known:
            known[key] = original(self, source, *rest, **more)
        return known[key]

    patch.setattr(jinja2.Environment, "compile", compiled)


def _patch_rsa_keys(patch: pytest.MonkeyPatch) -> None:
    """Make a few RSA keys, then give them in turn; check one of others once."""
    numbers = cycle(range(RSA_KEYS))
    generate = RSAKey.binding.generate_private_key
    load: Callable[[Any], Any] = RSAKey.binding.import_private_key
    ours: dict[frozenset[Any], Any] = {}

    @cache
    def made(size: int, number: int) -> Any:
        key = generate(size)
        ours[frozenset(RSAKey.binding.export_private_key(key).items())] = key
        return key

    @cache
    def loaded(members: tuple[tuple[str, Any], ...]) -> Any:
        numbers = frozenset(each for each in members if each[0] in RSA_NUMBERS)
        return ours.get(numbers) or load(dict(members))

    @wraps(generate)
    def next_key(size: int) -> Any:
        """The next key that no test keeps."""
        keys = (made(size, number) for number in numbers)
        return next(key for key in keys if id(key) not in KEPT)

    patch.setattr(RSAKey.binding, "generate_private_key", staticmethod(next_key))
    patch.setattr(
        RSAKey.binding,
        "import_private_key",
        staticmethod(lambda jwk: loaded(tuple(sorted(jwk.items())))),
    )


def generate_new_rsa_keys(patch: pytest.MonkeyPatch) -> None:
    """Give a test that compares keys only keys that are new; each costs 0.1 seconds."""
    generate = inspect.unwrap(RSAKey.binding.generate_private_key)
    patch.setattr(RSAKey.binding, "generate_private_key", staticmethod(generate))


def _patch_trust(patch: pytest.MonkeyPatch) -> None:
    """Read the authorities of this machine only where a test names its own."""
    load: Callable[..., None] = ssl.SSLContext.load_default_certs
    ours = os.environ.get("SSL_CERT_FILE")

    def load_default_certs(context: ssl.SSLContext, *purpose: ssl.Purpose) -> None:
        if os.environ.get("SSL_CERT_FILE") != ours:
            load(context, *purpose)

    patch.setattr(ssl.SSLContext, "load_default_certs", load_default_certs)


def _patch_dialects(patch: pytest.MonkeyPatch) -> None:
    """Ask the PostgreSQL server for its version and defaults once, not per engine."""
    for dialect in PGDialect.__subclasses__():
        patch.setattr(dialect, "initialize", _asked_once(dialect.initialize))


def _asked_once(original: Callable[..., None]) -> Callable[..., None]:
    known: dict[object, dict[str, Any]] = {}

    @wraps(original)
    def initialize(self: PGDialect, connection: Connection) -> None:
        key = type(self), connection.engine.url.set(database="")
        if key not in known:
            before = dict(vars(self))
            original(self, connection)
            found = vars(self).items()
            known[key] = {k: v for k, v in found if k not in before or before[k] != v}
        vars(self).update(known[key])

    return initialize
