"""A copy of the checkout, to build from: a build leaves files in its folder."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("pyramid_oauth", "alembic", "pyproject.toml", "setup.py", "MANIFEST.in")
DOCUMENTS = ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md")


def copy_checkout(target: Path) -> Path:
    """Copy what a build needs to the new folder `target`; return it."""
    target.mkdir()
    for name in (*SOURCES, *DOCUMENTS):
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, target / name)
    return target
