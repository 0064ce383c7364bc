"""An authorization request that waits for the resource owner.

The consent page is its child node in the tree: the page posts a decision only, and
only the browser that began the request may answer it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Integer, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.models.secret import DIGEST_LENGTH
from pyramid_oauth.models.types import UtcDateTime


class AbstractAuthorizationRequest:
    """The parameters of a request at rest, under the digest of its handle.

    `browser_digest` is that of the cookie of the browser which alone may go on with it;
    `user_id` whom it waits for, None while nobody is logged in.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_authorization_request"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    client_id: Mapped[str] = mapped_column(String(255), index=True)
    parameters: Mapped[dict[str, str]] = mapped_column(JSON)
    browser_digest: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    user_id: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"
