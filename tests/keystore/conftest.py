"""The database of the key store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.support.key_database import open_key_database


@pytest.fixture
def key_session() -> Iterator[Session]:
    """A session on a fresh database with the table of signing keys."""
    with open_key_database() as session:
        yield session
