"""Column types: moments in UTC, identifiers that grow with time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, also where the engine (SQLite) keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def __init__(self) -> None:
        super().__init__()
        # Alembic writes a foreign type as its module and its repr. So a generated
        # migration reads `sa.DateTime(timezone=True)` and needs no import of ours.
        self.__module__ = "sa"

    def __repr__(self) -> str:
        return repr(self.impl_instance)

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Refuse a naive datetime: it would be read back as another moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given where UTC is needed")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Give every moment its UTC zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        """None on PostgreSQL: its drivers give aware moments, so there is no call."""
        if dialect.name == "postgresql":
            return self.impl_instance.result_processor(dialect, coltype)
        return super().result_processor(dialect, coltype)


def new_id(_: Any = None) -> UUID:
    """A UUID version 7: random, and in the order of time, so that indexes stay warm.

    (RFC 9562 section 5.7.)
    """
    moment = time.time_ns() // 1_000_000
    value = (moment << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    return UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))
