"""Purge of an application: by the command, or by a thread of a serving process.

No specification. Of all processes one purges within `purge_interval`: the first that
counts itself in the database. Each batch is a short transaction of its own, so that no
request waits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event

from pyramid.scripting import prepare
from sqlalchemy.orm import Session

from pyramid_oauth import cleanup, events
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.process_thread import ProcessThread
from pyramid_oauth.repositories.rate_limits import key_of
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.transactions import transaction

BATCH_SIZE = 500
"""Rows that the thread deletes in one transaction."""

PAUSE = 0.2
"""Seconds between two transactions of the thread, for other requests."""

THREAD = "pyramid_oauth.purge"

log = logging.getLogger(__name__)


def purge_application(
    request: ServerRequest, batch_size: int
) -> Iterator[cleanup.Batch]:
    """Delete expired rows; yield after each committed batch.

    Args:
        request: A Pyramid request outside HTTP.
        batch_size: Rows of a batch.

    Yields:
        Each committed batch.
    """
    server = request.oauth.server
    return cleanup.purge(
        lambda: _session(request, server),
        server.models,
        server.settings,
        batch_size,
        lambda client_ids: _notify(request, client_ids),
    )


@contextmanager
def _session(request: ServerRequest, server: Server) -> Iterator[Session]:
    with transaction(request):
        yield server.session(request)


def _notify(request: ServerRequest, client_ids: Sequence[str]) -> None:
    for client_id in client_ids:
        events.notify(events.ClientDeleted(request=request, client_id=client_id))


class Purger:
    """Purges an application (`registry`) periodically."""

    def __init__(self, registry: Registry, interval: int) -> None:
        self._registry, self._interval = registry, interval

    def run(self, stop: Event, wake: Event) -> None:
        """Purge in each interval, unless another process does, until `stop` is set.

        It waits for an interval first: a process that ends soon does not purge.
        """
        while not stop.wait(self._interval):
            try:
                self.purge_once(stop)
            except Exception as error:  # the thread must survive an outage
                log.warning("the purge failed: %s", type(error).__name__)

    def purge_once(self, stop: Event) -> bool:
        """Purge, unless some process has begun to within the interval.

        Args:
            stop: Ends it after the batch in progress.

        Returns:
            Whether this one did.
        """
        with prepare(registry=self._registry) as environment:
            request = environment["request"]
            if not self._claim(request):
                return False
            for batch in purge_application(request, BATCH_SIZE):
                if batch.rows:
                    log.info("%s %s deleted", batch.rows, batch.name)
                if batch.rows and stop.wait(PAUSE):
                    break
            return True

    def _claim(self, request: ServerRequest) -> bool:
        """Count this purge, as the only one within the interval."""
        server = request.oauth.server
        with transaction(request):
            wait: int = server.repositories.rate_limits.attempt(
                server.session(request), {key_of("purge"): 1}, self._interval
            )
        return wait == 0


def includeme(config: Configurator) -> None:
    """Start the thread at the first request if the settings say so."""
    interval = config.registry[SETTINGS].purge_interval
    if interval:
        purger = Purger(config.registry, interval)
        thread = config.registry[THREAD] = ProcessThread(THREAD, purger.run)
        thread.start_with_requests(config)
