"""Watch over the requests in progress: slow ones are logged, hanging ones are ended.

``config.include("pyramid_oauth.request_watch")`` after ``pyramid_oauth``, for any host;
the ready-made server has it. A request costs an entry in a dictionary; a thread of the
process looks at the entries (`watch`). No specification; the answer is 503 (RFC 9110
section 15.6.4).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from threading import get_ident
from time import monotonic
from typing import Any

from pyramid.interfaces import IExecutionPolicy
from pyramid.response import Response
from pyramid.router import Router, default_execution_policy
from sqlalchemy.exc import SQLAlchemyError

from pyramid_oauth.fast_session.outages import IDatabaseOutage
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.process_thread import ProcessThread
from pyramid_oauth.request_watch.settings import RequestWatchSettings
from pyramid_oauth.request_watch.watch import RequestWatch, Running, describe_request

log = logging.getLogger(__name__)

Policy = Callable[[dict[str, Any], Router], Response]

LATE = 150
"""After the actions that set an execution policy, before `process_thread.LATE`."""


def watched(policy: Policy, running: Running, slow: float) -> Policy:
    """Return an execution policy that notes which thread serves which request.

    Args:
        policy: the execution policy around which it is put.
        running: the requests in progress.
        slow: seconds after which the end of a request is logged; 0 logs none.
    """

    def execute(environ: dict[str, Any], router: Router) -> Response:
        thread, started = get_ident(), monotonic()
        outer = running.get(thread)  # of a view that calls the application
        running[thread] = started, environ
        try:
            return policy(environ, router)
        except SQLAlchemyError as error:
            if not IDatabaseOutage.providedBy(error):
                raise
            return _unavailable(environ, error)
        finally:
            if outer is None:
                del running[thread]
            else:
                running[thread] = outer
            seconds = monotonic() - started
            if 0 < slow < seconds:
                described = describe_request(environ)
                log.warning("slow request: %s took %.1f s", described, seconds)

    return execute


def _unavailable(environ: dict[str, Any], error: SQLAlchemyError) -> Response:
    """Answer 503 where no exception view of the host has answered."""
    problem = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    described = describe_request(environ)
    log.error("%s failed, the database is unavailable: %s", described, problem)
    body = {"error": "temporarily_unavailable"}
    response = Response(json_body=body, status=503)
    response.headers.update({"Retry-After": "1", "Cache-Control": "no-store"})
    return response


def includeme(config: Configurator) -> None:
    """Put the notes around the execution policy, and start the watch with requests."""
    options = config.add_oauth_settings(RequestWatchSettings)
    if not (options.slow_request or options.request_timeout):
        return
    running: Running = {}
    registry, slow = config.registry, options.slow_request
    watch = RequestWatch(running, registry, slow=slow, limit=options.request_timeout)
    ProcessThread("request watch", watch.run).start_with_requests(config)
    surround = partial(_surround_policy, registry, running, slow)
    config.action("oauth request watch", surround, order=LATE)


def _surround_policy(registry: Registry, running: Running, slow: float) -> None:
    policy = registry.queryUtility(IExecutionPolicy, default=default_execution_policy)
    registry.registerUtility(watched(policy, running, slow), IExecutionPolicy)
