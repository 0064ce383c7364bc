"""What a resource owner allowed an application, remembered on its own.

The memory behind `approval_prompt=auto`; it does not depend on any token's life.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, Text, Uuid
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.models.types import UtcDateTime, new_id


class AbstractConsent:
    """The scopes which `user_id` has allowed `client_id`: one row for both.

    `Models.complete` adds that constraint, under whatever names a host gives them.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_consent"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255), index=True)
    scope: Mapped[str] = mapped_column(Text, default="")
    resource: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"
