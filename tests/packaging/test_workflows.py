"""The workflows of the forge test what the project says, by commands that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CI = (ROOT / ".github/workflows/ci.yml").read_text()


def find_matrix(name: str) -> list[str]:
    """The values of an axis of the matrix of tests."""
    (values,) = re.findall(rf"^ +{name}: \[(.+)\]$", CI, re.MULTILINE)
    return re.findall(r'"([\d.]+)"', values)


def test_every_python_of_the_classifiers_is_tested_and_no_other() -> None:
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert find_matrix("python") == classified


def test_the_documentation_names_the_databases_that_are_tested() -> None:
    page = (ROOT / "docs/how_to/production.rst").read_text()
    oldest, newest = find_matrix("postgresql")
    assert f"PostgreSQL {oldest} and {newest}" in " ".join(page.split())


def test_every_command_of_a_workflow_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"- run: make ([\w-]+)", CI)) <= set(targets)
    for script in re.findall(r"- run: (\.ci/\w+)", CI):
        assert (ROOT / script).stat().st_mode & 0o111, script
