"""A message that must reach somebody else, stored in the transaction that caused it.

Back-Channel Logout section 2.5 is its first use: a logout that a client misses is a
session that goes on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.models.columns import UtcDateTime


class AbstractOutboxMessage:
    """`kind` says who writes the body at delivery, `content` what it is written from.

    Nothing signed or secret is stored. A delivered message is deleted; a dead one
    (`dead_at`) stays for people to look at.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_outbox_message"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(32))
    client_id: Mapped[str] = mapped_column(String(255))
    destination: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(255))
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.kind}>"
