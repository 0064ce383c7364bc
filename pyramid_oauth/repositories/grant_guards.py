"""Guards of new grants: conditions that must hold when a grant is stored.

RFC 6749 section 1.3. Between the checks of an authorization request and the INSERT of
its grant, somebody may end the login session or withdraw the consent. The INSERT locks
the rows of both, so that either the grant is stored before and the other transaction
finds it, or it is not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Executable, Select, bindparam, select
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import columns_of, fetch_one, prepared
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import type_of_own_values
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.repositories.consent_records import FoundConsent
from pyramid_oauth.repositories.inserts import insert_guarded, lock_rows, revision_of


class LoginEnded(Exception):
    """The login session ended before the grant was stored; nothing was written."""


class ConsentChanged(Exception):
    """The consent changed before the grant was stored; nothing was written."""


class GrantGuard(NamedTuple):
    """What an authorization request relied on; None where it relied on nothing.

    Attributes:
        session_id: `Account.session_id` of the login.
        consent: The stored consent that made a question unnecessary.
    """

    session_id: str | None = None
    consent: FoundConsent | None = None


NO_GUARD: GrantGuard = GrantGuard()


class GuardedInserts:
    """The INSERTs of a grant, one for each combination of guards.

    Attributes:
        has_logins: Whether the accounts adapter knows the rows of login sessions.
        by_guard: The statement for each pair: guarded by the login, by the consent.
    """

    def __init__(
        self, models: Models, accounts: Accounts, names: Iterable[str]
    ) -> None:
        login, consent = _login(models, accounts), prepared(_consent(models))
        self.has_logins, self._consent = login is not None, consent
        locked_login = [] if login is None else [lock_rows(login)]
        # Changes of other columns must wait too, not only a deletion.
        locked_consent = [consent.with_for_update(read=True)]
        self.by_guard: dict[tuple[bool, bool], Executable] = {
            (by_login, by_consent): insert_guarded(
                models,
                models.Grant,
                names,
                lock=True,
                further=[
                    *(locked_login if by_login else ()),
                    *(locked_consent if by_consent else ()),
                ],
            )
            for by_login in {False, self.has_logins}
            for by_consent in (False, True)
        }
        key: BindParameter[str] = bindparam("_for_client")
        revision = revision_of(models, key).label("application_revision")
        self._revision = prepared(select(revision))

    def reason(
        self, session: Session, row: Mapping[str, Any], guard: GrantGuard
    ) -> Exception:
        """Return why `row` was not stored, as the exception to raise."""
        client_id = row["client_id"]
        found = fetch_one(session, self._revision, {"_for_client": client_id})
        if found is None or found.application_revision != row["guard_revision"]:
            return StaleApplication(client_id)
        if guard.consent is not None:
            names = ("guard_consent", "guard_scope", "guard_updated_at")
            bound = {name: row[name] for name in names}
            if fetch_one(session, self._consent, bound) is None:
                return ConsentChanged(client_id)
        return LoginEnded() if guard.session_id else StaleApplication(client_id)


def _login(models: Models, accounts: Accounts) -> Select[Any] | None:
    """Return the selection of the login session; None where no table has them."""
    user_id = columns_of(models.Grant)["user_id"]
    return accounts.login_rows(
        bindparam("user_id", type_=type_of_own_values(user_id)),
        bindparam("guard_session"),
    )


def _consent(models: Models) -> Select[Any]:
    """Return the selection of a consent that nobody has changed since it was found.

    Details cannot be compared in SQL; the time of the last change stands for them.
    """
    consent = columns_of(models.Consent)
    updated_at = consent["updated_at"]
    found_at = bindparam("guard_updated_at", type_=type_of_own_values(updated_at))
    return select(consent["id"].label("id")).where(
        consent["id"] == bindparam("guard_consent"),
        consent["scope"] == bindparam("guard_scope"),
        updated_at == found_at,
    )
