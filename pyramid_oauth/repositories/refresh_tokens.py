"""Refresh tokens: made, recognised and rotated without storing anything usable.

A token is `handle.generation.mac`, the mac an HMAC of both under the server's secret.
Forged ones fail before any SQL; a successor can be made again from its predecessor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, bindparam, literal, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import (
    columns_of,
    execute,
    fetch_one,
    flag,
    prepared,
    subject_converter,
)
from pyramid_oauth.hashing import (
    constant_time_equal,
    hmac_sha256,
    new_credential,
    sha256_digest,
)
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.inserts import insert, revision_of

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

_FOUND = ("id", *COLUMNS[1:], "rotated_at", "revoked_at")

_GRANT = ("resource", "session_id", "authentication", "details")


@dataclass(frozen=True, slots=True)
class RefreshCredential:
    """A refresh token as the client holds it, taken apart."""

    handle: str
    generation: int

    def text(self, key: bytes) -> str:
        """The token, signed under `key`."""
        mac = hmac_sha256(key, "refresh_token", self.handle, str(self.generation))
        return f"{self.handle}.{self.generation}.{mac}"

    @property
    def successor(self) -> RefreshCredential:
        """What this credential rotates to."""
        return RefreshCredential(self.handle, self.generation + 1)

    @classmethod
    def new(cls) -> RefreshCredential:
        """The first generation of a new lineage."""
        return cls(new_credential(), 0)

    @classmethod
    def parse(cls, token: str, keys: tuple[bytes, ...]) -> RefreshCredential | None:
        """Read a token; None unless one of `keys` signed it."""
        handle, _, rest = token.partition(".")
        number, _, mac = rest.partition(".")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        found = cls(handle, int(number))
        signed = (found.text(key).rpartition(".")[2] for key in keys)
        matches = [
            constant_time_equal(mac, right) for right in signed
        ]  # all, whatever comes first
        return found if any(matches) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRefreshToken:
    """A lineage as one statement saw it, its grant and client included.

    `resource`, `session_id`, `authentication` and `details` are the grant's.
    """

    id: Any
    client_id: str
    grant_id: Any
    user_id: str
    scope: str
    generation: int
    created_at: datetime
    expires_at: datetime
    absolute_expires_at: datetime
    rotated_at: datetime | None
    is_revoked: bool
    application_revision: int | None
    user_active: bool | None
    resource: str
    session_id: str | None
    authentication: dict[str, Any] | None
    details: dict[str, Any] | None
    claims: dict[str, Any] | None

    @property
    def is_live(self) -> bool:
        """Neither revoked nor past its idle or absolute limit, nor its user barred."""
        alive = not self.is_revoked and self.user_active is not False
        return alive and min(self.expires_at, self.absolute_expires_at) > now()

    def rotated_within(self, seconds: int) -> bool:
        """Whether the last rotation is at most `seconds` ago."""
        return self.rotated_at is not None and (
            now() - self.rotated_at < timedelta(seconds=seconds)
        )


class RefreshTokens:
    """The shelf of refresh token lineages."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        token = columns_of(models.RefreshToken)
        self._to_user = subject_converter(token["user_id"])
        self._insert = insert(models.RefreshToken, COLUMNS)
        self._find = prepared(_find(models, accounts))
        self._rotate = prepared(rotation(models))

    def add(self, session: Session, row: Mapping[str, Any]) -> None:
        """Store a new lineage, as `row` made it."""
        execute(session, self._insert, row)

    def row(
        self,
        credential: RefreshCredential,
        *,
        claims: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> dict[str, Any]:
        """What is stored of a new lineage: digest of its handle, `claims`, `values`."""
        return {
            **values,
            "digest": sha256_digest(credential.handle),
            "generation": credential.generation,
            "user_id": self._to_user(values["user_id"]),
            "claims": claims or None,
        }

    def find(
        self, session: Session, credential: RefreshCredential
    ) -> FoundRefreshToken | None:
        """The lineage of `credential`, with the present revision of its client."""
        row = fetch_one(
            session, self._find, {"digest": sha256_digest(credential.handle)}
        )
        if row is None:
            return None
        return FoundRefreshToken(
            id=row.id,
            client_id=row.client_id,
            grant_id=row.grant_id,
            user_id=str(row.user_id),
            scope=row.scope,
            generation=row.generation,
            created_at=row.created_at,
            expires_at=row.expires_at,
            absolute_expires_at=row.absolute_expires_at,
            rotated_at=row.rotated_at,
            is_revoked=row.revoked_at is not None or row.grant_revoked_at is not None,
            application_revision=row.application_revision,
            user_active=flag(row.user_active),
            resource=row.resource,
            session_id=row.session_id,
            authentication=row.authentication,
            details=row.details,
            claims=row.claims,
        )

    def advance(
        self,
        session: Session,
        found: FoundRefreshToken,
        generation: int,
        expires_at: datetime,
    ) -> bool:
        """Take `found` to `generation` by one conditional UPDATE; False: too late."""
        bound = rotated(found, generation, expires_at)
        return execute(session, self._rotate, bound) == 1


def rotated(
    found: FoundRefreshToken, generation: int, expires_at: datetime
) -> dict[str, Any]:
    """What `rotation` is to be run with."""
    return {
        "_key": found.id,
        "_from_generation": found.generation,
        "_to_generation": generation,
        "_at": now(),
        "_until": expires_at,
    }


def rotation(models: Models) -> Update:
    """The UPDATE whose row count says which of several requests rotates."""
    token = columns_of(models.RefreshToken)
    return (
        update(models.RefreshToken.__table__)
        .where(
            token["id"] == bindparam("_key"),
            token["generation"] == bindparam("_from_generation"),
            token["revoked_at"].is_(None),
        )
        .values(
            {
                token["generation"]: bindparam("_to_generation"),
                token["rotated_at"]: bindparam("_at"),
                token["expires_at"]: bindparam("_until"),
            }
        )
    )


def _find(models: Models, accounts: Accounts) -> Any:
    token, grant = columns_of(models.RefreshToken), columns_of(models.Grant)
    active = accounts.active_clause(token["user_id"])
    return (
        select(
            *(token[name].label(name) for name in _FOUND),
            *(grant[name].label(name) for name in _GRANT),
            grant["revoked_at"].label("grant_revoked_at"),
            revision_of(models, token["client_id"]).label("application_revision"),
            (literal(None) if active is None else active).label("user_active"),
        )
        .select_from(
            models.RefreshToken.__table__.join(
                models.Grant.__table__, token["grant_id"] == grant["id"]
            )
        )
        .where(token["digest"] == bindparam("digest"))
    )
