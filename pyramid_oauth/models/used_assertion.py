"""The identifier of a client assertion that was used, until it expires.

RFC 7523 section 3: a `jti` counts once, in every process, so the database decides.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.hashing import DIGEST_LENGTH
from pyramid_oauth.models.columns import UtcDateTime


class AbstractUsedAssertion:
    """`digest` is that of the client and the `jti` together."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_used_assertion"

    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.digest}>"
