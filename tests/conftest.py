"""The fixtures of all tests, defined once: see `tests/support`."""

from __future__ import annotations

from pyramid_oauth.prepared_statements import execution

# Tests count statements by listeners that they add while the application runs.
execution.LISTENERS_KNOWN_FOR = 0.0

pytest_plugins = [
    "tests.oidf.fixtures",
    "tests.support.chromium",
    "tests.support.command_line_fixtures",
    "tests.support.databases",
    "tests.support.fixtures",
    "tests.support.start_up",
]
