"""Login sessions, as the grants that were made in them remember them.

OpenID Connect Back-Channel Logout section 2.3 (who is to be told) and 2.7 (which
tokens end).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.models.bundle import Models

OPENID = "openid"

OFFLINE = "offline_access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A client to which somebody logged in during a session.

    `revision` is that of the application, None where it is gone.
    """

    client_id: str
    user_id: str
    sid: str
    revision: int | None


class LoginSessions:
    """The statements on the login sessions that grants belong to."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        grant, application = columns_of(models.Grant), columns_of(models.Application)
        table = models.Grant.__table__
        of_session = grant["session_id"].in_(bindparam("_sids", expanding=True))
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
            .where(of_session, _has(grant["scope"], OPENID))
            .distinct()
        )
        living = (
            update(table)
            .where(of_session, grant["revoked_at"].is_(None))
            .values({grant["revoked_at"]: bindparam("_at")})
        )
        self._revoke = living
        self._revoke_online = living.where(
            _has(grant["scope"], OPENID), ~_has(grant["scope"], OFFLINE)
        )

    def participants(
        self, session: Session, sids: Iterable[str]
    ) -> tuple[Participant, ...]:
        """The OpenID clients of these sessions, dead grants included.

        A client can hold a session of its own long after its tokens died.
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
        """Kill the grants of these sessions; how many there were.

        Without `everything` those that outlive a session are spared: with
        `offline_access`, and of clients that asked for no `openid`.
        """
        statement = self._revoke if everything else self._revoke_online
        return execute(session, statement, {"_sids": list(sids), "_at": now()})


def _has(scope: Any, name: str) -> Any:
    """Whether the space-separated `scope` names `name`."""
    return (literal(" ") + scope + " ").contains(f" {name} ", autoescape=True)


def includeme(config: Any) -> None:
    """Add the statements."""
    config.add_oauth_repository("login_sessions", LoginSessions)
