"""Test runs without PostgreSQL: one line of explanation, a failure in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOWHERE = "postgresql+psycopg://postgres@127.0.0.1:1/postgres"
ON_BOTH_ENGINES = (
    "tests/endpoints/token/test_authorization_code.py"
    "::test_a_code_expires_after_a_minute"
)
pytestmark = pytest.mark.slow


def run_pytest(*arguments, **environment):
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    # This run's worker variables must not reach the other run.
    inherited = {k: v for k, v in inherited.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env={**inherited, "PYRAMID_OAUTH_TEST_POSTGRESQL": NOWHERE, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", ["0", "2"])
def test_without_postgresql_tests_are_skipped_with_one_line(workers):
    result = run_pytest(ON_BOTH_ENGINES, "-n", workers)
    assert result.returncode == 0, result.stdout
    assert "1 passed, 1 skipped" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if "PostgreSQL" in line]
    assert line.startswith("PostgreSQL: 1 tests SKIPPED, no server answers; set ")


def test_without_postgresql_ci_fails():
    result = run_pytest(ON_BOTH_ENGINES, CI="true")
    assert result.returncode != 0
    assert "CI needs PostgreSQL" in result.stdout + result.stderr
    assert "passed" not in result.stdout
