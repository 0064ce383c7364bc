"""Stored authorization requests: added, found by their handle, answered once.

RFC 6749 section 3.1; RFC 9126 section 2.2 for pushed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Table,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Session

from pyramid_oauth.database import (
    columns_of,
    execute,
    fetch_one,
    prepared,
    subject_converter,
)
from pyramid_oauth.hashing import new_hashed_credential, sha256_digest
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.authorization import PENDING
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import type_of_own_values
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

INSERTS_PER_DELETION = 16
"""Requests without a user that a process stores between two deletions."""

DELETED_AT_ONCE = 64
"""The most expired requests that a deletion takes: more than were stored meanwhile."""


class FoundAuthorizationRequest(NamedTuple):
    """A stored request that was not answered yet; the fields are its columns."""

    id: Any
    kind: str
    client_id: str
    parameters: dict[str, str]
    details: dict[str, Any] | None
    browser_digest: str | None
    user_id: str | None
    created_at: datetime


class NewAuthorizationRequest(NamedTuple):
    """A request that is to be stored.

    Attributes:
        browser: the value of the binding cookie; None for no browser.
        user_id: who may resume the request; None for anybody who logs in.
        created_at: when it was first stored.
        kind: a word of the caller's, by which alone `find` finds the request.
        details: what the caller stores with it.
    """

    parameters: dict[str, str]
    browser: str | None
    user_id: str | None
    created_at: datetime
    expires_at: datetime
    kind: str = PENDING
    details: Mapping[str, Any] | None = None


class AuthorizationRequests:
    """The statements on authorization requests."""

    def __init__(self, models: Models) -> None:
        self._inserts = 0
        request = columns_of(models.AuthorizationRequest)
        at = bindparam("_at", type_=type_of_own_values(request["expires_at"]))
        self._to_user = subject_converter(request["user_id"])
        self._insert = insert_guarded(
            models, models.AuthorizationRequest, _COLUMNS, lock=True
        )
        self._find = prepared(
            select(
                *(
                    request[name].label(name)
                    for name in FoundAuthorizationRequest._fields
                )
            ).where(
                request["digest"] == bindparam("digest"),
                request["kind"] == bindparam("kind"),
                request["used_at"].is_(None),
                request["expires_at"] > at,
            )
        )
        self._mark_used = prepared(
            update(models.AuthorizationRequest.__table__)
            .where(request["id"] == bindparam("_key"), request["used_at"].is_(None))
            .values({request["used_at"]: at})
        )
        self._delete_expired = prepared(
            _deletion_of_expired(models.AuthorizationRequest.__table__, request, at)
        )

    def add(
        self,
        session: Session,
        application: AbstractApplication,
        new: NewAuthorizationRequest,
    ) -> str:
        """Store a request of `application`; returns its handle, which is not stored.

        Raises:
            StaleApplication: the copy of the application is outdated; nothing is
                written.
        """
        handle, digest = new_hashed_credential()
        row = {
            "digest": digest,
            "kind": new.kind,
            "client_id": application.client_id,
            "guard_revision": application.revision,
            "parameters": new.parameters,
            "details": new.details or None,
            "browser_digest": new.browser and sha256_digest(new.browser),
            "user_id": None if new.user_id is None else self._to_user(new.user_id),
            "created_at": new.created_at,
            "expires_at": new.expires_at,
        }
        if execute(session, self._insert, row) == 0:
            raise StaleApplication(application.client_id)
        if new.user_id is None:
            self._delete_some(session, new.created_at)
        return handle

    def _delete_some(self, session: Session, moment: datetime) -> None:
        """Delete expired rows now and then: anybody can cause their insert.

        Two threads may count one insert only, which delays the deletion by one.
        """
        if self._inserts % INSERTS_PER_DELETION == 0:
            expired = {"_at": moment, "_most": DELETED_AT_ONCE}
            execute(session, self._delete_expired, expired)
        self._inserts += 1

    def find(
        self, session: Session, handle: str, moment: datetime, kind: str = PENDING
    ) -> FoundAuthorizationRequest | None:
        """Return the request of that kind if it is neither answered nor expired."""
        bound = {"digest": sha256_digest(handle), "kind": kind, "_at": moment}
        row = fetch_one(session, self._find, bound)
        if row is None:
            return None
        found = FoundAuthorizationRequest._make(row)
        if found.user_id is None or isinstance(found.user_id, str):
            return found
        return found._replace(user_id=str(found.user_id))  # a host's key may be typed

    def mark_used(self, session: Session, key: int, moment: datetime) -> bool:
        """Mark the request as answered; return False if it was answered before."""
        return execute(session, self._mark_used, {"_key": key, "_at": moment}) == 1


def _deletion_of_expired(
    table: Table, request: dict[str, Any], at: ColumnElement[Any]
) -> Executable:
    """Return the deletion of a few expired rows; it skips those that are locked."""
    expired = (
        select(request["id"])
        .where(request["expires_at"] <= at)
        .order_by(request["expires_at"])
        .limit(bindparam("_most"))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(request["id"].in_(expired))
