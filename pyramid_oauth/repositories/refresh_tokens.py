"""Refresh tokens: issue, parse and find; only digests are stored (RFC 6749 1.5).

A token is `handle.generation.mac`; the mac is an HMAC of both under the server's
secret. Forged tokens are refused before any SQL; the successor of a token can be
computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import (
    columns_of,
    execute,
    fetch_one,
    look_up,
    prepared,
    subject_converter,
)
from pyramid_oauth.hashing import (
    hmac_sha256,
    is_hmac_sha256,
    new_hashed_credential,
    sha256_digest,
)
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.database_clock import FROZEN, DatabaseTime
from pyramid_oauth.repositories.inserts import insert, is_active_column, revision_of

COLUMNS = (
    "digest",
    "client_id",
    "grant_id",
    "user_id",
    "scope",
    "generation",
    "created_at",
    "expires_at",
    "absolute_expires_at",
    "claims",
)


PURPOSE = "refresh_token"
"""What the HMAC is for: the key signs other things too."""


class RefreshCredential(NamedTuple):
    """The parsed form of a refresh token."""

    handle: str
    generation: int

    def text(self, key: bytes) -> str:
        """Return the token as text, signed under `key`."""
        mac = hmac_sha256(key, PURPOSE, self.handle, str(self.generation))
        return f"{self.handle}.{self.generation}.{mac}"

    @property
    def successor(self) -> RefreshCredential:
        """The credential of the next generation."""
        return RefreshCredential(self.handle, self.generation + 1)

    @classmethod
    def parse(cls, token: str, keys: tuple[bytes, ...]) -> RefreshCredential | None:
        """Parse a token; return None unless one of `keys` signed it."""
        handle, _, rest = token.partition(".")
        number, _, mac = rest.partition(".")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        credential = cls(handle, int(number))
        signed = (PURPOSE, handle, str(credential.generation))
        # All of them, for constant time.
        matches = [is_hmac_sha256(mac, key, *signed) for key in keys]
        return credential if any(matches) else None


class FoundRefreshToken(NamedTuple):
    """A refresh token with its grant and client, as one statement read them.

    `resource`, `session_id`, `authentication` and `details` are the grant's.
    `rotated_at` and `read_at` are times of the database.
    """

    id: Any
    client_id: str
    grant_id: UUID
    user_id: str
    scope: str
    generation: int
    created_at: datetime
    expires_at: datetime
    absolute_expires_at: datetime
    claims: dict[str, Any] | None
    rotated_at: datetime | None
    resource: str
    session_id: str | None
    authentication: dict[str, Any] | None
    details: dict[str, Any] | None
    read_at: datetime
    is_revoked: bool
    application_revision: int | None
    user_active: bool | None

    def is_live_at(self, moment: datetime) -> bool:
        """Whether token, grant and user are active, and neither limit is past."""
        if self.is_revoked or min(self.expires_at, self.absolute_expires_at) <= moment:
            return False
        return self.user_active is None or bool(self.user_active)

    def was_rotated_within(self, seconds: int) -> bool:
        """Whether the last rotation was less than `seconds` before it was read."""
        return self.rotated_at is not None and (
            self.read_at - self.rotated_at < timedelta(seconds=seconds)
        )


_OF_TOKEN, _OF_GRANT = FoundRefreshToken._fields[:11], FoundRefreshToken._fields[11:15]


class RefreshTokens:
    """The statements on refresh tokens."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        token = columns_of(models.RefreshToken)
        self._to_user = subject_converter(token["user_id"])
        self._insert = insert(models.RefreshToken, COLUMNS)
        self._find = look_up(prepared(_find(models, accounts)))

    def add(self, session: Session, row: Mapping[str, Any]) -> None:
        """Store the row of a new token."""
        execute(session, self._insert, row)

    def new(
        self, key: bytes, *, claims: Mapping[str, Any] | None = None, **values: object
    ) -> tuple[str, dict[str, Any]]:
        """Return a new token of generation 0, and the row for `add`.

        Args:
            key: The secret that signs the token.
            claims: The claims of extensions.
            values: The other columns by name.
        """
        handle, digest = new_hashed_credential()
        return RefreshCredential(handle, 0).text(key), {
            **values,
            "digest": digest,
            "generation": 0,
            "user_id": self._to_user(values["user_id"]),
            "claims": claims or None,
        }

    def find(
        self, session: Session, credential: RefreshCredential
    ) -> FoundRefreshToken | None:
        """Return the token of `credential`, with its grant and client."""
        digest = sha256_digest(credential.handle)
        row = fetch_one(
            session, self._find, {"digest": digest, FROZEN: clock.frozen_at}
        )
        if row is None:
            return None
        found = FoundRefreshToken._make(row)
        if type(found.user_id) is str:
            return found
        return found._replace(user_id=str(found.user_id))


def _find(models: Models, accounts: Accounts) -> Select[Any]:
    token, grant = columns_of(models.RefreshToken), columns_of(models.Grant)
    revoked = or_(token["revoked_at"].is_not(None), grant["revoked_at"].is_not(None))
    # The columns are the fields of FoundRefreshToken, in their order.
    return (
        select(
            *(token[name].label(name) for name in _OF_TOKEN),
            *(grant[name].label(name) for name in _OF_GRANT),
            DatabaseTime().label("read_at"),
            revoked.label("is_revoked"),
            revision_of(models, token["client_id"]).label("application_revision"),
            is_active_column(accounts, token["user_id"]),
        )
        .select_from(
            models.RefreshToken.__table__.join(
                models.Grant.__table__, token["grant_id"] == grant["id"]
            )
        )
        .where(token["digest"] == bindparam("digest"))
    )
