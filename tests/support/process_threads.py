"""The end of an application in a test."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.process_thread import THREADS


def close_app(app: Any) -> None:
    """Stop the threads of a ready-made server, then close its connections.

    A connection to SQLite that is closed while a thread uses it ends the process.
    """
    for thread in app.registry.get(THREADS, ()):
        thread.stop()
    app.registry["fast_session.database"].dispose()


def has_running_threads(app: Any) -> bool:
    """Whether a thread of the application was started and not stopped."""
    threads = [each._thread for each in app.registry.get(THREADS, ())]
    return any(thread is not None and thread.is_alive() for thread in threads)
