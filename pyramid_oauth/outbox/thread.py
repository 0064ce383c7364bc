"""Worker thread inside a serving process, for deployments on one machine.

No specification. It starts with the first request, so that each process of a forking
server has one.
"""

from __future__ import annotations

import atexit
import os
from threading import Event, Lock, Thread
from typing import Any

from pyramid_oauth.outbox.worker import Worker

INTERVAL = 5.0
"""Seconds between polls; a message from this process wakes the thread."""

EXIT_TIMEOUT = 10.0
"""Seconds that the exit of the process waits for running deliveries."""


class OutboxThread:
    """One worker thread per process."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._lock = Lock()
        self._process: int | None = None
        self._stop, self._wake = Event(), Event()
        self._thread: Thread | None = None

    def ensure(self) -> None:
        """Start the thread if this process has none."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._start()

    def _start(self) -> None:
        # Events of a parent process may be held by a thread that did not survive.
        self._stop, self._wake = Event(), Event()
        worker = Worker(self._registry)
        self._thread = Thread(
            target=worker.run,
            args=(self._stop, self._wake, INTERVAL),
            name="pyramid_oauth outbox",
            daemon=True,
        )
        self._thread.start()
        self._process = os.getpid()
        atexit.register(self.stop)

    def wake(self) -> None:
        """Poll immediately."""
        self._wake.set()

    def stop(self) -> None:
        """Finish running deliveries and stop."""
        self._stop.set()
        self._wake.set()
        thread = self._thread
        if thread is not None and self._process == os.getpid():
            thread.join(EXIT_TIMEOUT)
