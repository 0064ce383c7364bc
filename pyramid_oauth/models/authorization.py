"""Models of the authorization endpoint: grant, consent and authorization request.

RFC 6749 sections 1.3 and 4.1. A grant is one completed approval and the root of all its
tokens. Its authorization code is its first credential and stays after use as a
tombstone, so that a replay is recognized (RFC 9700 section 4.2).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Connection, String, Text, Uuid, event
from sqlalchemy import update as core_update
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of
from pyramid_oauth.hashing import DIGEST_LENGTH
from pyramid_oauth.models.columns import OPEN_OBJECT, SERIAL, UtcDateTime, new_id

KIND_LENGTH = 16

PENDING = "pending"
"""The kind of a request that waits for the resource owner to log in or to consent."""


class AbstractGrant:
    """One approval of a client by a resource owner.

    Attributes:
        user_id: The subject of the resource owner.
        scope: The approved scopes, separated by spaces.
        resource: Resource identifiers, separated by spaces.
        expires_at: No refresh token of the grant is valid after this time.
        revoked_at: Set once the grant is revoked, which revokes all its tokens.
        code_digest: The digest of the authorization code; `code_…` and `redirect_uri`
            belong to the code.
        code_expires_at: When the code expires.
        code_used_at: When the code was redeemed.
        code_challenge: The challenge of PKCE (RFC 7636 section 4.2).
        redirect_uri: That of the request; the redemption must repeat it.
        session_id: The session identifier that clients see (`sid`).
        authentication: Facts of the login: `auth_time`, `acr`, `nonce`, requested
            claims, and others.
        details: Data that extensions store with the grant.
    """

    __tablename__ = "oauth_grant"

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
    """The scopes that a resource owner allows a client: one row for each pair.

    `Models.complete` adds the unique constraint on `user_id` and `client_id`, whatever
    column names the host uses.

    Attributes:
        scope: The allowed scopes, separated by spaces.
        resource: Resource identifiers, separated by spaces.
        expires_at: When the user is asked again; None: never.
        details: What is allowed besides scopes.
    """

    __tablename__ = "oauth_consent"

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


@event.listens_for(AbstractConsent, "after_delete", propagate=True)
def revoke_grants_of_consent(
    mapper: Mapper[Any], connection: Connection, consent: AbstractConsent
) -> None:
    """Revoke the grants of a consent that a host deletes as an object of the ORM.

    `request.oauth.withdraw` does the same for every way.
    """
    for each in mapper.registry.mappers:
        found: Any = each.class_
        if issubclass(found, AbstractGrant):
            grant = columns_of(found)
            mine = (
                grant["user_id"] == consent.user_id,
                grant["client_id"] == consent.client_id,
                grant["revoked_at"].is_(None),
            )
            revoke = core_update(found.__table__).where(*mine)
            connection.execute(revoke.values({grant["revoked_at"]: now()}))


class AbstractAuthorizationRequest:
    """A stored authorization request, found by the digest of its handle.

    Attributes:
        digest: The digest of the handle.
        kind: `pending`, or a word of the extension that stored the request. A look-up
            for one kind never finds another.
        parameters: The parameters of the request.
        details: Data of that extension.
        browser_digest: The digest of the binding cookie: only that browser may resume
            the request.
        user_id: The subject of the resource owner; None until login.
        used_at: Set once the request is completed.
    """

    __tablename__ = "oauth_authorization_request"

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
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
