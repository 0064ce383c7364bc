"""Files that only their owner may read: databases, and files with secrets."""

from __future__ import annotations

from pathlib import Path

OWNER_ONLY = 0o600


def create_private_file(path: Path) -> None:
    """Create an empty file that only its owner may read; leave one that is there.

    The folder is made too. SQLite gives its journals the mode of the database.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(OWNER_ONLY, exist_ok=True)


def write_private_text(path: Path, text: str) -> None:
    """Write `text` to a file that only its owner may read, also where it was there."""
    create_private_file(path)
    path.chmod(OWNER_ONLY)
    path.write_text(text)
