"""The fast path: a `request.dbsession` with little overhead per statement.

Opt-in for any host: ``config.include("pyramid_oauth.fast_session")``, then
``config.add_oauth_fast_session(writer, reader)`` with two SQLAlchemy engines on one
database. A request that only reads has no transaction: in autocommit a look-up costs
half. pyramid_tm and pyramid_retry are included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.router import Router
from pyramid_retry import RetryableExecutionPolicy
from sqlalchemy import Engine

from pyramid_oauth.fast_session.database import Database
from pyramid_oauth.fast_session.outages import may_pass, watch_outages
from pyramid_oauth.fast_session.request_class import settle_request_class
from pyramid_oauth.fast_session.transaction_policy import TransactionPolicy
from pyramid_oauth.fast_session.unit_of_work import LazySession
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.server import SERVER

DATABASE = "fast_session.database"
"""The key of the Database in the registry."""

OVERDUE = "fast_session.overdue"
"""The key of the WSGI environment of a request that has taken too long for a retry."""

ATTEMPTS = 3
"""How often a transaction is attempted, unless `retry.attempts` says otherwise."""

BODY = ("wsgi.input", "webob.is_body_seekable")
"""The keys of the WSGI environment with the body; WebOb and `http.forms` keep it."""

ExecutionPolicy = Callable[[dict[str, Any], Router], Response]

LATE = 100
"""After the actions that add attributes to the request."""


def add_oauth_fast_session(
    config: Configurator, writer: Engine, reader: Engine
) -> None:
    """Give every request a `dbsession` on two engines.

    Args:
        writer: the engine for requests that have a transaction.
        reader: an engine with the isolation level AUTOCOMMIT, for the others. Each
            thread holds one of its connections.
    """
    settings = config.get_settings()
    registry = config.registry
    for engine in (writer, reader):
        watch_outages(engine)
    database = Database(writer, reader)
    writes = TransactionPolicy(settings.get("pyramid_oauth.prefix") or "")
    settings["tm.activate_hook"] = writes.needs_transaction
    settings["tm.annotate_user"] = "false"
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    attempts = int(settings.get("retry.attempts") or ATTEMPTS)
    config.set_execution_policy(_execution_policy(writes, attempts))
    registry[DATABASE] = database
    config.add_request_method(_session, "dbsession", reify=True)
    config.action(
        "oauth fast session", partial(_settle, registry, database, writes), order=LATE
    )


def includeme(config: Configurator) -> None:
    """Add the directive; register the request class at the end."""
    config.add_directive("add_oauth_fast_session", add_oauth_fast_session)
    config.action(
        "oauth fast session request class",
        partial(settle_request_class, config.registry),
        order=LATE,
    )


def _settle(registry: Registry, database: Database, writes: TransactionPolicy) -> None:
    """Give the policy the declared endpoints and the abilities of the database.

    The models of a host may need more than one statement.
    """
    server = registry[SERVER]
    redemption = server.repositories.redemption
    is_able = database.writer.dialect.name == "postgresql"
    writes.settle(
        server.endpoints,
        at_once=is_able and redemption.never_takes_steps,
        repeatable_grants=frozenset(
            name
            for name, grant in server.grants.items()
            if getattr(grant, "is_repeatable", False)
        ),
    )


def _execution_policy(writes: TransactionPolicy, attempts: int) -> ExecutionPolicy:
    """Retry requests with a transaction, and those that may run twice."""
    retrying = RetryableExecutionPolicy(attempts)

    def attempt(environ: dict[str, Any], router: Router) -> Response:
        if writes(environ):
            return retrying(environ, router)
        before = environ.copy()
        response, error = _invoke(environ, router)
        left = attempts - 1
        while error is not None and left and may_pass(error):
            again = before | _kept_body(environ)
            if OVERDUE in environ or not writes.is_repeatable(again):
                break
            environ = again
            response, error = _invoke(environ, router)
            left -= 1
        return response

    return attempt


def _kept_body(environ: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a request, as its first reader stored it for later ones."""
    return {name: environ[name] for name in BODY if name in environ}


def _invoke(
    environ: dict[str, Any], router: Router
) -> tuple[Response, Exception | None]:
    """Return the response, and the error that an exception view has answered."""
    with router.request_context(environ) as request:
        return router.invoke_request(request), request.exception


def _session(request: Request) -> LazySession:
    database: Database = request.registry[DATABASE]
    return database.session(request)
