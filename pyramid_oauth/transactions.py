"""Work outside HTTP: a request of the application with a transaction of its own.

No specification; `pyramid.scripting` is what this rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.scripting import prepare
from sqlalchemy.orm import Session

from pyramid_oauth.database import is_managed
from pyramid_oauth.events import WAITING
from pyramid_oauth.server import SERVER, Server


@contextmanager
def transaction(request: Any) -> Iterator[Any]:
    """One transaction on `request`; by the host's manager where it has one.

    Committed at the end of the block, rolled back on an exception.
    """
    manager = getattr(request, "tm", None)
    if manager is None:
        with _is_plain(request):
            yield request
        return
    # Events wait for the commit only where a transaction is said to be active.
    request.environ["tm.active"] = True
    with manager:
        yield request
        _commit_unmanaged(request)


def _commit_unmanaged(request: Any) -> None:
    """Commit where the manager is there for other things than the host's session."""
    session = request.registry[SERVER].session(request)
    if not isinstance(session, Session) or is_managed(session):
        return
    # A managed one that was not used is not joined yet, and refuses to be committed.
    if session.in_transaction():
        session.commit()


@contextmanager
def _is_plain(request: Any) -> Iterator[None]:
    server: Server = request.registry[SERVER]
    session = server.session(request)
    waiting: list[Callable[[], None]] = []
    request.environ[WAITING] = waiting
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del request.environ[WAITING]
    for call in waiting:
        call()


@contextmanager
def unit_of_work(registry: Any) -> Iterator[Any]:
    """A fresh request of the application behind `registry`, in a transaction."""
    with prepare(registry=registry) as environment:
        request = environment["request"]
        with transaction(request):
            yield request
