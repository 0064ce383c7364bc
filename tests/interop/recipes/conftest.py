"""Fixtures: programs of the documentation in an environment of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interop.ready_made import ROOT, needed

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def recipe_python():
    """Return the Python that has what the recipes import, but none of our server."""
    return needed(FOLDER / ".venv/bin/python", "the packages of the recipes")


@pytest.fixture
def run_in_recipes(recipe_python):
    """Return a function that runs code there and returns what it prints."""

    def run(code):
        done = subprocess.run(
            [recipe_python, "-c", code], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
