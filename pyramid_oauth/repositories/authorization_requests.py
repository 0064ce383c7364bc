"""Authorization requests at rest: kept, found by handle, answered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, execute, fetch_one, subject_converter
from pyramid_oauth.hashing import new_hashed_credential, sha256_digest
from pyramid_oauth.models.authorization import PENDING
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.repositories.inserts import insert_guarded

_COLUMNS = (
    "digest",
    "kind",
    "client_id",
    "parameters",
    "details",
    "browser_digest",
    "user_id",
    "created_at",
    "expires_at",
)

SWEPT = 2
"""Expired requests that go with each one that waits for somebody to log in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAuthorizationRequest:
    """A request at rest that still waits for its answer."""

    id: Any
    kind: str
    client_id: str
    parameters: dict[str, str]
    details: dict[str, Any] | None
    browser_digest: str | None
    user_id: str | None
    created_at: datetime
    expires_at: datetime


class AuthorizationRequests:
    """The statements on authorization requests."""

    def __init__(self, models: Models) -> None:
        request = columns_of(models.AuthorizationRequest)
        self._to_user = subject_converter(request["user_id"])
        self._insert = insert_guarded(
            models, models.AuthorizationRequest, _COLUMNS, lock=True
        )
        names = ("id", *_COLUMNS[1:], "used_at")
        self._find = select(*(request[name].label(name) for name in names)).where(
            request["digest"] == bindparam("digest"),
            request["kind"] == bindparam("kind"),
        )
        self._mark_used = (
            update(models.AuthorizationRequest.__table__)
            .where(request["id"] == bindparam("_key"), request["used_at"].is_(None))
            .values({request["used_at"]: bindparam("_at")})
        )
        self._sweep = _prepare_deletion(models.AuthorizationRequest.__table__, request)

    def add(
        self,
        session: Session,
        *,
        application: Any,
        parameters: dict[str, str],
        browser: str | None,
        user_id: str | None,
        created_at: datetime,
        expires_at: datetime,
        kind: str = PENDING,
        details: Mapping[str, Any] | None = None,
    ) -> str:
        """Store a request; returns its handle, which is not stored.

        Args:
            application: the client; the row comes into being only while it is current.
            browser: the value of the binding cookie, None for no browser.
            user_id: whom the request waits for, None for nobody yet.
            kind: a word of the caller's, by which alone `find` finds the request.
            details: what the caller keeps with it.

        Raises:
            StaleApplication: with nothing written.
        """
        handle, digest = new_hashed_credential()
        row = {
            "digest": digest,
            "kind": kind,
            "client_id": application.client_id,
            "guard_revision": application.revision,
            "parameters": parameters,
            "details": details or None,
            "browser_digest": None if browser is None else sha256_digest(browser),
            "user_id": None if user_id is None else self._to_user(user_id),
            "created_at": created_at,
            "expires_at": expires_at,
        }
        if execute(session, self._insert, row) == 0:
            raise StaleApplication(application.client_id)
        if user_id is None:
            # Anybody can cause this row, so that it clears away more than it adds.
            execute(session, self._sweep, {"_at": now(), "_most": SWEPT})
        return handle

    def find(
        self, session: Session, handle: str, kind: str = PENDING
    ) -> FoundAuthorizationRequest | None:
        """The live request of that kind behind `handle`, or None."""
        bound = {"digest": sha256_digest(handle), "kind": kind}
        row = fetch_one(session, self._find, bound)
        if row is None or row.used_at is not None or row.expires_at <= now():
            return None
        found = {name: getattr(row, name) for name in ("id", *_COLUMNS[1:])}
        if found["user_id"] is not None:
            found["user_id"] = str(found["user_id"])  # a host's key may be typed
        return FoundAuthorizationRequest(**found)

    def mark_used(self, session: Session, key: Any) -> bool:
        """Mark the request as answered; return False if it was answered before."""
        return execute(session, self._mark_used, {"_key": key, "_at": now()}) == 1


def _prepare_deletion(table: Any, request: dict[str, Any]) -> Executable:
    """A few expired rows; those that somebody else is just deleting are passed over."""
    expired = (
        select(request["id"])
        .where(request["expires_at"] <= bindparam("_at"))
        .order_by(request["expires_at"])
        .limit(bindparam("_most"))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(request["id"].in_(expired))
