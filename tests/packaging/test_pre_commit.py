"""The hooks of pre-commit take the files that `make lint` takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.support.tracked_files import ROOT, list_tracked_files

HOOKS = (ROOT / ".pre-commit-config.yaml").read_text()
RUFF = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]


def test_no_hook_gets_what_ruff_leaves_out() -> None:
    """Ruff checks a file that is named on its command line even if it is excluded."""
    (left_out,) = re.findall(r"^exclude: (.+)$", HOOKS, re.MULTILINE)
    given = [name for name in list_tracked_files() if not re.search(left_out, name)]
    assert len(given) > 1000
    for name in given:
        assert not set(Path(name).parts) & set(RUFF["extend-exclude"]), name
