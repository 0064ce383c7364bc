"""The fast path: a `request.dbsession` with a transaction only where it is needed.

Opt-in for any host: ``config.include("pyramid_oauth.fast_session")``, then
``config.add_oauth_fast_session(engine)``. A request that only reads has no transaction:
in autocommit a look-up costs half. pyramid_tm and pyramid_retry are included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.router import Router
from pyramid_retry import IRetryableError
from sqlalchemy import Engine

from pyramid_oauth.database import separate_engine
from pyramid_oauth.fast_session.database import Database
from pyramid_oauth.fast_session.lazy_transaction import create_manager
from pyramid_oauth.fast_session.outages import may_pass, watch_outages
from pyramid_oauth.fast_session.request_class import settle_request_class
from pyramid_oauth.fast_session.transaction_policy import TransactionPolicy
from pyramid_oauth.fast_session.unit_of_work import (
    TRANSACTION,
    UNSETTLED,
    LazySession,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.server import SERVER
from pyramid_oauth.settings.directive_registration import add_directive

ExecutionPolicy = Callable[[dict[str, Any], Router], Response]

DATABASE = "fast_session.database"
"""The key of the Database in the registry."""

POLICY = "fast_session.policy"
"""The key of the TransactionPolicy in the registry."""

OVERDUE = "fast_session.overdue"
"""The key of the WSGI environment of a request that has taken too long for a retry."""

ATTEMPTS = 3
"""How often a transaction is attempted, unless `retry.attempts` says otherwise."""

BODY = ("wsgi.input", "webob.is_body_seekable")
"""The keys of the WSGI environment with the body; WebOb and `http.forms` keep it."""

LATE = 100
"""After the actions that add attributes to the request."""


def add_oauth_fast_session(
    config: Configurator, writer: Engine, reader: Engine | None = None
) -> None:
    """Give every request a `dbsession`.

    Args:
        writer: the engine for requests that have a transaction.
        reader: an engine with the isolation level AUTOCOMMIT, for the others. Each
            thread holds one of its connections. By default it is made from `writer`.
    """
    if reader is None:
        reader = separate_engine(writer).execution_options(isolation_level="AUTOCOMMIT")
    settings = config.get_settings()
    registry = config.registry
    for engine in (writer, reader):
        watch_outages(engine)
    database = Database(writer, reader)
    settings["tm.manager_hook"] = create_manager
    settings["tm.annotate_user"] = "false"
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    attempts = int(settings.get("retry.attempts") or ATTEMPTS)
    config.set_execution_policy(_execution_policy(attempts))
    registry[DATABASE] = database
    config.add_request_method(_session, "dbsession", reify=True)
    config.action(
        "oauth fast session", partial(_settle, registry, database), order=LATE
    )


def includeme(config: Configurator) -> None:
    """Add the directive; register the request class at the end."""
    add_directive(config, add_oauth_fast_session)
    config.action(
        "oauth fast session request class",
        partial(settle_request_class, config.registry),
        order=LATE,
    )


def _settle(registry: Registry, database: Database) -> None:
    """Build the policy from the declared endpoints and the abilities of the database.

    The models of a host may need more than one statement.
    """
    server = registry[SERVER]
    is_able = database.writer.dialect.name == "postgresql"
    registry[POLICY] = TransactionPolicy(
        server.endpoints,
        at_once=is_able and server.repositories.redemption.never_takes_steps,
        repeatable_grants=frozenset(
            name
            for name, grant in server.grants.items()
            if getattr(grant, "is_repeatable", False)
        ),
    )


def _execution_policy(attempts: int) -> ExecutionPolicy:
    """Run a request again whose failure may pass and which has had no effect."""

    def attempt(environ: dict[str, Any], router: Router) -> Response:
        before = environ.copy()
        response, error = _invoke(environ, router)
        left = attempts - 1
        while error is not None and left and _may_run_again(environ, error):
            environ = before | _kept_body(environ)
            response, error = _invoke(environ, router)
            left -= 1
        if response is None and error is not None:
            raise error
        return response

    return attempt


def _may_run_again(environ: dict[str, Any], error: Exception) -> bool:
    """Whether the request has had no effect, and another attempt may succeed."""
    if OVERDUE in environ or not _is_body_kept(environ):
        return False
    unsettled = environ.get(UNSETTLED)
    if unsettled is None:
        return may_pass(error) or bool(IRetryableError.providedBy(error))
    # The database or pyramid_tm has said that the transaction was rolled back.
    return unsettled == TRANSACTION and bool(IRetryableError.providedBy(error))


def _is_body_kept(environ: dict[str, Any]) -> bool:
    has_body = (environ.get("CONTENT_LENGTH") or "0") != "0"
    return not has_body or bool(environ.get("webob.is_body_seekable"))


def _kept_body(environ: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a request as who read it has left it for later readers."""
    return {name: environ[name] for name in BODY if name in environ}


def _invoke(
    environ: dict[str, Any], router: Router
) -> tuple[Response | None, Exception | None]:
    """Return the response, and the error that an exception view has answered."""
    with router.request_context(environ) as request:
        try:
            return router.invoke_request(request), request.exception
        except Exception as error:
            return None, error
        finally:
            # Pyramid's sessions hold their request. Without that reference cycle both
            # are freed now, not by the garbage collector; who reads on gets a new one.
            request.__dict__.pop("session", None)


def _session(request: Request) -> LazySession:
    registry = request.registry
    return LazySession(request, registry[DATABASE], registry[POLICY])
