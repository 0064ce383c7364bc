"""Tables of the shape every OAuth server needs, and the floors' statements.

Fixed-width digests in unique columns, ids of other rows, scopes, timestamps.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Engine,
    Identity,
    Index,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)

metadata = MetaData()

#: Rows in each table before the first sample.
SEEDED = 10_000
SCOPE = "read write"
CALLBACK = "https://client.example/callback"
LIFETIME = timedelta(hours=1)


def _key() -> Column[int]:
    return Column("id", BigInteger, Identity(), primary_key=True)


def _digest(name: str) -> Column[str]:
    return Column(name, String(43), unique=True, nullable=False)


def _moment(name: str, nullable: bool = True) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


application = Table(
    "floor_application",
    metadata,
    _key(),
    _digest("client_id"),
    Column("secret_digest", String(43)),
    Column("redirect_uris", Text, nullable=False),
    Column("scope", Text, nullable=False),
    _moment("created_at", nullable=False),
)
consent = Table(
    "floor_consent",
    metadata,
    _key(),
    Column("application_id", BigInteger, nullable=False),
    Column("user_id", String(255), nullable=False),
    Column("scope", Text, nullable=False),
    _moment("created_at", nullable=False),
    _moment("expires_at"),
    Index("floor_consent_owner", "user_id", "application_id"),
)
grant = Table(
    "floor_grant",
    metadata,
    _key(),
    _digest("code_digest"),
    Column("application_id", BigInteger, nullable=False),
    Column("user_id", String(255), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", String(43)),
    Column("scope", Text, nullable=False),
    _moment("created_at", nullable=False),
    _moment("expires_at", nullable=False),
    _moment("redeemed_at"),
    _moment("revoked_at"),
)


def _token(name: str) -> Table:
    return Table(
        name,
        metadata,
        _key(),
        _digest("digest"),
        Column("application_id", BigInteger, nullable=False),
        Column("grant_id", BigInteger, index=True),
        Column("user_id", String(255)),
        Column("scope", Text, nullable=False),
        _moment("created_at", nullable=False),
        _moment("expires_at", nullable=False),
        _moment("used_at"),
    )


access_token = _token("floor_access_token")
refresh_token = _token("floor_refresh_token")

# Inline: nobody reads the new id, so no RETURNING is asked for.
INSERT_GRANT = insert(grant).inline()
INSERT_ACCESS = insert(access_token).inline()
INSERT_REFRESH = insert(refresh_token).inline()
SELECT_APPLICATION = select(application).where(
    application.c.client_id == bindparam("client_id")
)
SELECT_CONSENT = select(consent).where(
    consent.c.user_id == bindparam("user_id"),
    consent.c.application_id == bindparam("application_id"),
)
SELECT_ACCESS = select(access_token).where(access_token.c.digest == bindparam("value"))
SELECT_REFRESH = select(refresh_token).where(
    refresh_token.c.digest == bindparam("value")
)
SELECT_GRANT = select(grant).where(grant.c.code_digest == bindparam("value"))
USE_REFRESH = (
    update(refresh_token)
    .where(refresh_token.c.id == bindparam("key"))
    .values(used_at=bindparam("at"))
)
REDEEM = (
    update(grant)
    .where(grant.c.id == bindparam("key"), grant.c.redeemed_at.is_(None))
    .values(redeemed_at=bindparam("at"))
)


def new_digest() -> str:
    """Return a fresh value of a digest's shape: 43 base64url characters."""
    return secrets.token_urlsafe(32)


def token_row(grant_id: int | None, application_id: int = 1) -> dict[str, object]:
    """Return the values of a new token."""
    now = datetime.now(UTC)
    return {
        "digest": new_digest(),
        "application_id": application_id,
        "grant_id": grant_id,
        "user_id": "alice",
        "scope": SCOPE,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }


def grant_row() -> dict[str, object]:
    """Return the values of a new grant with its code."""
    now = datetime.now(UTC)
    return {
        "code_digest": new_digest(),
        "application_id": 1,
        "user_id": "alice",
        "redirect_uri": CALLBACK,
        "code_challenge": new_digest(),
        "scope": SCOPE,
        "created_at": now,
        "expires_at": now + timedelta(minutes=1),
    }


def seed(engine: Engine) -> None:
    """Create the tables and fill each with SEEDED rows."""
    metadata.create_all(engine)
    now = datetime.now(UTC)
    owner = {"scope": SCOPE, "created_at": now}
    clients = [
        {**owner, "client_id": new_digest(), "redirect_uris": CALLBACK}
        for _ in range(SEEDED)
    ]
    consents = [
        {**owner, "application_id": number, "user_id": "alice"}
        for number in range(1, SEEDED + 1)
    ]
    with engine.begin() as connection:
        connection.execute(insert(application), clients)
        connection.execute(insert(consent), consents)
        connection.execute(insert(grant), [grant_row() for _ in range(SEEDED)])
        for table in (access_token, refresh_token):
            rows = [token_row(number) for number in range(1, SEEDED + 1)]
            connection.execute(insert(table), rows)
