"""The hooks of pre-commit take the files that `make lint` takes."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text()
RUFF = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]


@pytest.fixture(scope="module")
def tracked_files() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    command = ["git", "-c", "core.quotepath=false", "ls-files"]
    return subprocess.check_output(command, cwd=ROOT, text=True).splitlines()


def test_no_hook_gets_what_ruff_leaves_out(tracked_files: list[str]) -> None:
    """Ruff checks a file that is named on its command line even if it is excluded."""
    (left_out,) = re.findall(r"^exclude: (.+)$", HOOKS, re.MULTILINE)
    given = [name for name in tracked_files if not re.search(left_out, name)]
    assert len(given) > 1000
    for name in given:
        assert not set(Path(name).parts) & set(RUFF["extend-exclude"]), name
