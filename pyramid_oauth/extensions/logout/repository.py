"""Statements on the grants of a login session.

OpenID Connect Back-Channel Logout sections 2.3 (the clients to notify) and 2.7 (the
tokens to revoke).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.repositories.grants import has_scope

OPENID = "openid"

OFFLINE = "offline_access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A client with an OpenID grant in a login session.

    `revision` is that of the application, None if it was deleted.
    """

    client_id: str
    user_id: str
    sid: str
    revision: int | None


class LoginSessions:
    """The statements on grants by login session."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        grant, application = columns_of(models.Grant), columns_of(models.Application)
        table = models.Grant.__table__
        in_sessions = grant["session_id"].in_(bindparam("_sids", expanding=True))
        self._participants = (
            select(
                grant["client_id"].label("client_id"),
                grant["user_id"].label("user_id"),
                grant["session_id"].label("sid"),
                application["revision"].label("revision"),
            )
            .select_from(
                table.outerjoin(
                    models.Application.__table__,
                    application["client_id"] == grant["client_id"],
                )
            )
            .where(in_sessions, has_scope(grant["scope"], OPENID))
            .distinct()
        )
        revoke = (
            update(table)
            .where(in_sessions, grant["revoked_at"].is_(None))
            .values({grant["revoked_at"]: bindparam("_at")})
        )
        self._revoke = revoke
        self._revoke_online = revoke.where(
            has_scope(grant["scope"], OPENID), ~has_scope(grant["scope"], OFFLINE)
        )

    def participants(
        self, session: Session, sids: Iterable[str]
    ) -> tuple[Participant, ...]:
        """Return the OpenID clients of these sessions, also those with ended grants.

        The session at a client may outlast its tokens.
        """
        rows = connection(session, self._participants).execute(
            self._participants, {"_sids": list(sids)}
        )
        return tuple(
            Participant(
                client_id=row.client_id,
                user_id=str(row.user_id),
                sid=row.sid,
                revision=row.revision,
            )
            for row in rows
        )

    def revoke(
        self, session: Session, sids: Iterable[str], *, everything: bool = False
    ) -> int:
        """Revoke the grants of these sessions; return their number.

        Without `everything` grants with `offline_access` or without `openid` stay.
        """
        statement = self._revoke if everything else self._revoke_online
        return execute(session, statement, {"_sids": list(sids), "_at": now()})


def includeme(config: Configurator) -> None:
    """Add the repository."""
    config.add_oauth_repository("login_sessions", LoginSessions)
