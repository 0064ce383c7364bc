"""Models of access and refresh tokens, stored by their digest.

RFC 6749 sections 1.4 and 1.5.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.hashing import DIGEST_LENGTH
from pyramid_oauth.models.columns import OPEN_OBJECT, SERIAL, UtcDateTime


class AbstractAccessToken:
    """An access token.

    A token of a revoked grant is invalid, even if its own `revoked_at` is empty.

    Attributes:
        digest: The digest of the token. The token itself is not stored.
        grant_id: None for a token of the client itself (RFC 6749 section 4.4), which
            has no `user_id` either.
        scope: Scopes, separated by spaces.
        audience: Resource identifiers, separated by spaces.
        claims: Claims that extensions add (`cnf`, `authorization_details`, …).
    """

    __tablename__ = "oauth_access_token"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    client_id: Mapped[str] = mapped_column(String(255))
    grant_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    user_id: Mapped[str | None] = mapped_column(String(255))
    scope: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claims: Mapped[dict[str, Any] | None] = mapped_column(OPEN_OBJECT)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


class AbstractRefreshToken:
    """The refresh token of a grant: one row through all rotations.

    Attributes:
        digest: The digest of the handle, which rotation does not change.
        scope: Scopes, separated by spaces.
        generation: The number of rotations.
        rotated_at: The time of the last rotation.
        expires_at: The idle limit, which every use extends.
        absolute_expires_at: The limit that no use extends.
        claims: Claims that extensions store with the token.
    """

    __tablename__ = "oauth_refresh_token"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
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
    claims: Mapped[dict[str, Any] | None] = mapped_column(OPEN_OBJECT)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} generation {self.generation}>"
