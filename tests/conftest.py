"""The fixtures of all tests, defined once: see `tests/support`."""

from __future__ import annotations

pytest_plugins = [
    "tests.oidf.fixtures",
    "tests.support.chromium",
    "tests.support.command_line_fixtures",
    "tests.support.databases",
    "tests.support.fixtures",
    "tests.support.start_up",
]
