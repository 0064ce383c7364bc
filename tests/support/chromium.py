"""Chromium, driven by Playwright, for the tests that want a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

# The extra `browser` may be missing.
HAS_PLAYWRIGHT = find_spec("playwright") is not None
if HAS_PLAYWRIGHT:
    from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def chromium_type() -> Iterator[tuple[Any, str]]:
    """What launches Chromium, and its path; without one such tests are skipped.

    One for the whole process: Playwright's loop runs as long as it is open, and it is
    not opened inside a running loop.
    """
    path = shutil.which("chromium")
    if path is None or not HAS_PLAYWRIGHT:
        if os.environ.get("CI"):
            pytest.fail("CI needs Chromium and Playwright")
        pytest.skip("no Chromium: the tests in a browser are left out")
    with sync_playwright() as playwright:
        yield playwright.chromium, path
