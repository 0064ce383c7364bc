"""The files that git knows, for rules that hold for all of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def list_tracked_files() -> list[str]:
    """Return the paths below the root; skips the test outside of a checkout."""
    command = ["git", "ls-files", "-z"]
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git")
    try:
        output = subprocess.check_output(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git is missing, or refuses this checkout")
    names = output.decode().split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]
