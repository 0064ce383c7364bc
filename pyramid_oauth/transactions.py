"""Transactions outside HTTP, for scripts and background work.

No specification; based on `pyramid.scripting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.scripting import prepare
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pyramid_oauth.database import is_managed
from pyramid_oauth.events import WAITING
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.server import SERVER, Server, ServerRequest


@contextmanager
def transaction(request: ServerRequest) -> Iterator[Any]:
    """Run a block in one transaction on `request`.

    The transaction manager of the host controls it, if there is one. It commits at the
    end of the block and rolls back on an exception.

    Args:
        request: A Pyramid request outside HTTP.

    Returns:
        A context manager with the request.
    """
    manager = getattr(request, "tm", None)
    if manager is None:
        with _unmanaged_transaction(request):
            yield request
        return
    # Events wait for the commit only where a transaction is said to be active.
    request.environ["tm.active"] = True
    with manager:
        yield request
        _commit_unmanaged(request)


def _commit_unmanaged(request: ServerRequest) -> None:
    """Commit the session if the transaction manager does not manage it."""
    session = request.oauth.server.session(request)
    if isinstance(session, Session) and not is_managed(session):
        session.commit()


@contextmanager
def _unmanaged_transaction(request: ServerRequest) -> Iterator[None]:
    server: Server = request.oauth.server
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


def find_engine(registry: Registry) -> Engine | None:
    """Return the engine of the server's tables; None for a session on a connection."""
    server: Server = registry[SERVER]
    with prepare(registry=registry) as environment:
        session = server.session(environment["request"])
        bind = session.get_bind(server.models.Application.__mapper__)
    return bind if isinstance(bind, Engine) else None


@contextmanager
def unit_of_work(registry: Registry) -> Iterator[Any]:
    """Run a block with a new request of the application, in a transaction.

    Args:
        registry: The registry of the application.

    Returns:
        A context manager with the request.
    """
    with prepare(registry=registry) as environment:
        request = environment["request"]
        with transaction(request):
            yield request
