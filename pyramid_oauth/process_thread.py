"""Background thread inside a serving process.

No specification. It starts with the first request, so that each process of a forking
server has one.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any

from pyramid.tweens import INGRESS

EXIT_TIMEOUT = 10.0
"""Seconds that the exit of the process waits for the work in progress."""

Run = Callable[[Event, Event], None]
"""Works until the first event, `stop`, is set; the second one, `wake`, ends a wait.
`stop` sets both."""


THREADS = "pyramid_oauth.process_threads"
"""The key of the threads in the registry."""


class ProcessThread:
    """One thread per process, which calls `run`."""

    def __init__(self, name: str, run: Run) -> None:
        self._name, self._run = name, run
        self._lock = Lock()
        self._process: int | None = None
        self._stop, self._wake = Event(), Event()
        self._thread: Thread | None = None

    def start_with_requests(self, config: Any) -> None:
        """Start with the first request that each process serves.

        By a tween: with one subscriber Pyramid would make and send four events for
        every request.
        """
        registry = config.registry
        if THREADS not in registry:
            registry[THREADS] = []
            config.add_tween(
                "pyramid_oauth.process_thread.start_threads", under=INGRESS
            )
        registry[THREADS].append(self)

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
        self._thread = Thread(
            target=self._run,
            args=(self._stop, self._wake),
            name=self._name,
            daemon=True,
        )
        self._thread.start()
        self._process = os.getpid()
        atexit.register(self.stop)

    def wake(self) -> None:
        """End a wait of the thread."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the work in progress and stop."""
        self._stop.set()
        self._wake.set()
        thread = self._thread
        if thread is not None and self._process == os.getpid():
            thread.join(EXIT_TIMEOUT)


def start_threads(handler: Callable[[Any], Any], registry: Any) -> Any:
    """Create the tween that starts the threads of a process at its first request."""
    threads: list[ProcessThread] = registry[THREADS]
    started: int | None = None

    def tween(request: Any) -> Any:
        nonlocal started
        if started != os.getpid():
            for thread in threads:
                thread.ensure()
            started = os.getpid()
        return handler(request)

    return tween
