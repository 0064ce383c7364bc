"""The grant: one completed approval, the root of every token that follows from it.

Its authorization code is its first credential and stays after use as a tombstone, so
that a replay is recognised (RFC 6749 section 4.1.2, RFC 9700 section 4.2).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.hashing import DIGEST_LENGTH
from pyramid_oauth.models.columns import OPEN_OBJECT, UtcDateTime, new_id

KIND_LENGTH = 16

PENDING = "pending"
"""The kind of a request that waits for a person to log in or to consent."""


class AbstractGrant:
    """What a resource owner (`user_id`) allowed a client, once.

    `scope` is words, as they were allowed; `code_…` and `redirect_uri` belong to the
    authorization code. `session_id` is the `sid` that clients see, `authentication`
    what is known of the log-in (`auth_time`, `acr`, `nonce`, requested claims, …). No
    refresh token outlives `expires_at`; `revoked_at` ends the grant and every token of
    it at once. `details` is what extensions keep with the grant.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_grant"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    client_id: Mapped[str] = mapped_column(String(255), index=True)
    user_id: Mapped[str] = mapped_column(String(255), index=True)
    scope: Mapped[str] = mapped_column(Text, default="")
    resource: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    code_digest: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), unique=True)
    code_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_challenge: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    redirect_uri: Mapped[str | None] = mapped_column(Text)

    session_id: Mapped[str | None] = mapped_column(String(64), index=True)
    authentication: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    details: Mapped[dict[str, Any] | None] = mapped_column(OPEN_OBJECT)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


class AbstractConsent:
    """The scopes which `user_id` has allowed `client_id`: one row for both.

    `Models.complete` adds that constraint, under whatever names a host gives them.
    `details` is what was allowed besides scopes.
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
    details: Mapped[dict[str, Any] | None] = mapped_column(OPEN_OBJECT)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


class AbstractAuthorizationRequest:
    """The parameters of a request at rest, under the digest of its handle.

    `browser_digest` is that of the cookie of the browser which alone may go on with it;
    `user_id` whom it waits for, None while nobody is logged in. `kind` is `pending`, or
    the word of the extension that stored it: one kind is never found as another.
    `details` is what that extension keeps with it.
    """

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return "oauth_authorization_request"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH), default=PENDING)
    client_id: Mapped[str] = mapped_column(String(255), index=True)
    parameters: Mapped[dict[str, str]] = mapped_column(JSON)
    details: Mapped[dict[str, Any] | None] = mapped_column(OPEN_OBJECT)
    browser_digest: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    user_id: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"
