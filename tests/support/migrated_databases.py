"""SQLite databases that the migrations have made once and that tests copy.

Running all migrations takes a third of a second; what they make of an empty file
depends on nothing else.
"""

from __future__ import annotations

from contextlib import closing
from functools import wraps
from pathlib import Path
from sqlite3 import connect

import pytest
from alembic.config import Config
from sqlalchemy import make_url

from pyramid_oauth.scripts import migrations


def migrate_empty_databases_once(patch: pytest.MonkeyPatch) -> None:
    """Run the migrations for the first empty SQLite file, and copy it for others."""
    original = migrations.upgrade
    made: list[bytes] = []

    @wraps(original)
    def upgrade(config: Config, revision: str = "head") -> None:
        file = _empty_file(config) if revision == "head" else None
        if file and made:
            file.write_bytes(made[0])
            return
        original(config, revision)
        if file:
            with closing(connect(file)) as database:
                made.append(database.serialize())

    patch.setattr(migrations, "upgrade", upgrade)


def _empty_file(config: Config) -> Path | None:
    """Return the SQLite file of a configuration if it exists and is empty."""
    url = make_url(config.get_main_option("sqlalchemy.url") or "")
    file = Path(url.database or "")
    is_empty = file.is_file() and file.stat().st_size == 0
    return file if is_empty and url.get_backend_name() == "sqlite" else None
