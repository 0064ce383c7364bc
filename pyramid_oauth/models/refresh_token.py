"""Refresh tokens: one row a lineage, whatever the number of rotations.

The token carries a random handle, its generation and a keyed hash of both. The row
keeps only the handle's digest and the live generation, so a successor can be made
again inside the grace window without anything usable being stored, and any older
generation is known for what it is: a replay (RFC 9700 section 4.14).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.models.secret import DIGEST_LENGTH
from pyramid_oauth.models.types import UtcDateTime


class AbstractRefreshToken:
    """The refresh token of a grant, at its present generation.

    `expires_at` moves with every use (the idle limit), `absolute_expires_at` does not.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_refresh_token"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    client_id: Mapped[str] = mapped_column(String(255))
    grant_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    user_id: Mapped[str] = mapped_column(String(255))
    scope: Mapped[str] = mapped_column(Text, default="")
    generation: Mapped[int] = mapped_column(Integer, default=0)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    absolute_expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} generation {self.generation}>"
