"""A token that lets its holder register clients (RFC 7591 section 1.2 and 3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.hashing import DIGEST_LENGTH
from pyramid_oauth.models.columns import UtcDateTime


class AbstractInitialAccessToken:
    """Known by its digest; `remaining` counts down its uses (None: no limit)."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_initial_access_token"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    note: Mapped[str] = mapped_column(String(255), default="")
    remaining: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"
