"""Grants: insert with a code, find by it, revoke with all tokens (RFC 6749 1.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    Update,
    bindparam,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import coalesce

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import (
    columns_of,
    execute,
    fetch_one,
    look_up,
    prepared,
    subject_converter,
)
from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.autonomous_transaction import AutonomousConnections
from pyramid_oauth.repositories.grant_guards import (
    NO_GUARD,
    GrantGuard,
    GuardedInserts,
)
from pyramid_oauth.repositories.inserts import is_active_column, revision_of
from pyramid_oauth.repositories.unredeemed_grants import UnredeemedGrants

COUNTED_EVERY = 4
"""A process counts a user's unredeemed grants after a quarter of those permitted."""

MOST_REMEMBERED_USERS = 10_000

_COLUMNS = (
    "id",
    "client_id",
    "user_id",
    "scope",
    "resource",
    "created_at",
    "expires_at",
    "code_digest",
    "code_expires_at",
    "code_challenge",
    "redirect_uri",
    "session_id",
    "authentication",
    "details",
)


class FoundGrant(NamedTuple):
    """A grant as the statement that looked up its code read it."""

    id: Any
    client_id: str
    user_id: str
    scope: str
    resource: str
    code_expires_at: datetime | None
    code_challenge: str | None
    redirect_uri: str | None
    session_id: str | None
    authentication: dict[str, Any] | None
    details: dict[str, Any] | None
    is_code_used: bool
    is_revoked: bool
    application_revision: int | None
    user_active: bool | None

    def is_code_live_at(self, moment: datetime) -> bool:
        """Whether the code is unused and unexpired, and the grant not revoked."""
        if self.is_code_used or self.is_revoked:
            return False
        return self.code_expires_at is not None and self.code_expires_at > moment


_FOUND = FoundGrant._fields[:11]


class Grants:
    """The statements on grants."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        grant = columns_of(models.Grant)
        self._to_user = subject_converter(grant["user_id"])
        self._connections = AutonomousConnections()
        self._unredeemed = UnredeemedGrants(models)
        self._uncounted: dict[Any, int] = {}
        self._inserts = GuardedInserts(models, accounts, _COLUMNS)
        self._find = look_up(prepared(_find(models, accounts)))
        revoke = _revocation(models)
        self._revoke = revoke.where(grant["id"] == bindparam("_key"))
        self._code_used_at = select(grant["code_used_at"].label("code_used_at")).where(
            grant["id"] == bindparam("_key")
        )
        self._scope = grant["scope"]
        self._revoke_of_user = revoke.where(
            grant["user_id"] == bindparam("_for_user"),
            grant["client_id"] == bindparam("_for_client"),
        )
        self._end_all = _end_of_client(models)

    def end_all(self, session: Session, client_id: str, moment: datetime) -> int:
        """Revoke the grants of `client_id` and remove their sessions; return the
        number.
        """
        return execute(
            session, self._end_all, {"_for_client": client_id, "_at": moment}
        )

    def revoke_of_user(
        self,
        session: Session,
        user_id: str,
        client_id: str,
        moment: datetime,
        scopes: frozenset[str] = frozenset(),
    ) -> int:
        """Revoke the grants of a user to a client; return their number.

        Args:
            session: The session.
            user_id: The subject of the user.
            client_id: The client.
            moment: The time of the revocation.
            scopes: Revoke the grants with one of these scopes only; none: all.
        """
        statement = self._revoke_of_user
        if scopes:
            statement = statement.where(
                or_(*(has_scope(self._scope, name) for name in sorted(scopes)))
            )
        bound = {
            "_for_user": self._to_user(user_id),
            "_for_client": client_id,
            "_at": moment,
        }
        return execute(session, statement, bound)

    def add(
        self,
        session: Session,
        application: AbstractApplication,
        most_unredeemed: int = 0,
        guard: GrantGuard = NO_GUARD,
        **values: object,
    ) -> None:
        """Store a grant, proving `application` current in the same statement.

        Args:
            session: The session.
            application: The client.
            most_unredeemed: The permitted number of the user's grants with a code that
                is not redeemed; 0 for no limit, and for a grant without a code.
            guard: What else must be current.
            values: attributes of the grant by name; `details` are those of extensions.

        Raises:
            StaleApplication: with nothing written.
            ConsentChanged, LoginEnded: the same, for what `guard` names.
            TooManyUnredeemed: the same; other codes that expired may be deleted.
            TypeError: for a value that no attribute of the statement takes.
        """
        unknown = values.keys() - _COLUMNS
        if unknown:
            raise TypeError(f"a grant stores no {', '.join(sorted(unknown))}")
        row = dict.fromkeys(_COLUMNS) | values
        row["details"] = row["details"] or None
        row["user_id"] = self._to_user(values["user_id"])
        row["client_id"] = application.client_id
        row["guard_revision"] = application.revision
        if most_unredeemed:
            self._require_room(session, row, most_unredeemed)
        if execute(session, self._guarded(row, guard), row) == 0:
            raise self._inserts.reason(session, row, guard)

    def _guarded(self, row: dict[str, Any], guard: GrantGuard) -> Executable:
        """Return the INSERT with the conditions of `guard`; add their values."""
        session_id, consent = guard
        by_login = session_id is not None and self._inserts.has_logins
        if by_login:
            row["guard_session"] = session_id
        if consent is not None:
            row["guard_consent"] = consent.id
            row["guard_scope"] = consent.stored_scope
            row["guard_updated_at"] = consent.updated_at
        return self._inserts.by_guard[by_login, consent is not None]

    def _require_room(self, session: Session, row: dict[str, Any], most: int) -> None:
        """Raise TooManyUnredeemed, if it is time to count and there are too many.

        What each process remembers is how many grants of a user it may add until then.
        """
        user_id, remembered = row["user_id"], self._uncounted
        step = max(1, most // COUNTED_EVERY)
        left = remembered.get(user_id, step)
        if left <= 0:
            moment = row["created_at"]
            room = self._unredeemed.make_room(session, user_id, most, moment)
            left = min(step, room)
        elif len(remembered) > MOST_REMEMBERED_USERS:
            remembered.clear()
        remembered[user_id] = left - 1

    def find_by_code(self, session: Session, code: str) -> FoundGrant | None:
        """Return the grant with this code, even if it was used."""
        row = fetch_one(session, self._find, {"code": sha256_digest(code)})
        if row is None:
            return None
        found = FoundGrant._make(row)
        if type(found.user_id) is str:
            return found
        return found._replace(user_id=str(found.user_id))

    def code_used_at(self, session: Session, grant_id: UUID) -> datetime | None:
        """Return when the code was redeemed; None if it was not, or not committed."""
        row = fetch_one(session, self._code_used_at, {"_key": grant_id})
        return None if row is None else row.code_used_at

    def revoke_after(self, session: Session, grant_id: UUID, moment: datetime) -> bool:
        """Revoke the grant in a transaction of its own, after that of `session`.

        Returns:
            Whether it was not revoked before: that transaction was rolled back.
        """
        bound = {"_key": grant_id, "_at": moment}
        return self._connections.execute_after(session, self._revoke, bound) == 1

    def revoke(self, session: Session, grant_id: UUID, moment: datetime) -> bool:
        """Revoke the grant, and so all its tokens; return False if it was revoked."""
        return execute(session, self._revoke, {"_key": grant_id, "_at": moment}) == 1


def _revocation(models: Models) -> Update:
    """Return the UPDATE that revokes grants; the caller adds the condition."""
    grant = columns_of(models.Grant)
    return (
        update(models.Grant.__table__)
        .where(grant["revoked_at"].is_(None))
        .values({grant["revoked_at"]: bindparam("_at")})
    )


def _end_of_client(models: Models) -> Update:
    """Return the UPDATE that ends the grants of a client and their sessions."""
    grant = columns_of(models.Grant)
    at = bindparam("_at", type_=grant["revoked_at"].type)
    return (
        update(models.Grant.__table__)
        .where(grant["client_id"] == bindparam("_for_client"))
        .values(
            {
                grant["revoked_at"]: coalesce(grant["revoked_at"], at),
                grant["session_id"]: None,
            }
        )
    )


def has_scope(scope: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Return the condition that the space-separated `scope` contains `name`."""
    return (literal(" ") + scope + " ").contains(f" {name} ", autoescape=True)


def _find(models: Models, accounts: Accounts) -> Select[Any]:
    grant = columns_of(models.Grant)
    # The columns are the fields of FoundGrant, in their order.
    return select(
        *(grant[name].label(name) for name in _FOUND),
        grant["code_used_at"].is_not(None).label("is_code_used"),
        grant["revoked_at"].is_not(None).label("is_revoked"),
        revision_of(models, grant["client_id"]).label("application_revision"),
        is_active_column(accounts, grant["user_id"]),
    ).where(grant["code_digest"] == bindparam("code"))
