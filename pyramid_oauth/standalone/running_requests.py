"""The requests in progress, by thread: slow ones are logged, hanging ones are ended.

No specification; the answer is 503 (RFC 9110 section 15.6.4). A request costs an entry
in a dictionary; a thread of the process looks at the entries (`request_watch`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import get_ident
from time import monotonic
from typing import Any

from pyramid.config import PHASE3_CONFIG
from pyramid.interfaces import IExecutionPolicy
from pyramid.response import Response

from pyramid_oauth.fast_session import DATABASE
from pyramid_oauth.process_thread import ProcessThread
from pyramid_oauth.standalone.request_watch import (
    RequestWatch,
    Running,
    describe_request,
)

log = logging.getLogger(__name__)

Policy = Callable[[dict[str, Any], Any], Response]


def watched(policy: Policy, running: Running, slow: float) -> Policy:
    """Return an execution policy that notes which thread serves which request.

    Args:
        running: the requests in progress.
        slow: seconds after which the end of a request is logged; 0 logs none.
    """

    def execute(environ: dict[str, Any], router: Any) -> Response:
        thread, started = get_ident(), monotonic()
        running[thread] = started, environ
        try:
            return policy(environ, router)
        finally:
            del running[thread]
            seconds = monotonic() - started
            if 0 < slow < seconds:
                log.warning("%s took %.1f s", describe_request(environ), seconds)

    return execute


def includeme(config: Any) -> None:
    """Put the notes around the execution policy, and start the watch with requests."""
    options = config.registry["standalone.options"]
    if not (options.slow_request or options.request_timeout):
        return
    running: Running = {}
    watch = RequestWatch(
        running,
        config.registry[DATABASE],
        slow=options.slow_request,
        limit=options.request_timeout,
    )
    ProcessThread("request watch", watch.run).start_with_requests(config)

    def surround() -> None:
        registry = config.registry
        policy = registry.getUtility(IExecutionPolicy)
        registry.registerUtility(
            watched(policy, running, options.slow_request), IExecutionPolicy
        )

    config.action("standalone running requests", surround, order=PHASE3_CONFIG)
