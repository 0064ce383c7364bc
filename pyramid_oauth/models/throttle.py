"""How often somebody did something of late, counted across processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.hashing import DIGEST_LENGTH
from pyramid_oauth.models.columns import UtcDateTime


class AbstractThrottle:
    """`digest` is that of who and what: the table tells nobody who came from where."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_throttle"

    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.count}>"
