"""What a WSGI server loads: the floors, or the server under test from an ini.

Configured by the environment, since every WSGI server passes that on.
"""

from __future__ import annotations

import os
from typing import Any

from pyramid.paster import get_app, setup_logging

from benchmarks.floors import application

#: Names of the environment variables, set by benchmarks.servers.
DATABASE, THREADS, INI = "BENCHMARK_DATABASE", "BENCHMARK_THREADS", "BENCHMARK_INI"


def floors() -> Any:
    """Build the floors application."""
    return application(os.environ[DATABASE], int(os.environ[THREADS]))


def product() -> Any:
    """Build the server under test as its ini describes it."""
    setup_logging(os.environ[INI])
    return get_app(os.environ[INI])
