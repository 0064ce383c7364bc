"""A grant and the end of its login or consent, at the same time on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    Select,
    String,
    Table,
    create_engine,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.config.build import declared
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import new_id
from pyramid_oauth.repositories import Repositories
from pyramid_oauth.repositories.authorizations import GrantFilter
from pyramid_oauth.repositories.consent_records import ConsentChange
from pyramid_oauth.repositories.grant_guards import (
    ConsentChanged,
    GrantGuard,
    LoginEnded,
)

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Logins(Accounts):
    """Accounts whose login sessions are rows of a table."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def login_rows(
        self, subject: ColumnElement[Any], session_id: ColumnElement[Any]
    ) -> Select[Any]:
        row = self.table.c
        return select(1).where(row.subject == subject, row.id == session_id)


class Site:
    """A database with a client, a login session of alice, and her consent."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url)
        self.models: Models = declared({}).models
        self.logins = self.models.metadata.tables.get("guarded_login")
        if self.logins is None:
            self.logins = Table(
                "guarded_login",
                self.models.metadata,
                Column("id", String(20), primary_key=True),
                Column("subject", String(20)),
            )
        self.models.metadata.create_all(self.engine)
        self.records = Repositories(self.models, Logins(self.logins), 0)
        self.application = self.models.Application(
            client_id="web", client_type="public"
        )
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.add(self.application)
            session.execute(insert(self.logins), {"id": "first", "subject": "alice"})
            session.flush()
            change = ConsentChange(
                scopes=frozenset({"read"}),
                details={"payment": {"one": {}}},
                made_at=now(),
            )
            self.records.consents.remember(session, "alice", "web", change)

    def guard(self) -> GrantGuard:
        """What an authorization request relies on."""
        with Session(self.engine) as session:
            consent = self.records.consents.find(
                session, "alice", self.application, now()
            )
        return GrantGuard("first", consent)

    def add_grant(self, session: Session, guard: GrantGuard) -> None:
        self.records.grants.add(
            session,
            self.application,
            guard=guard,
            id=new_id(),
            user_id="alice",
            scope="read",
            resource="",
            created_at=now(),
            expires_at=now() + timedelta(days=1),
            details=None,
        )

    def end_access(self, session: Session) -> None:
        """End the login session, then the grants."""
        session.execute(delete(self.logins))
        of_alice = GrantFilter(user_id="alice")
        self.records.authorizations.revoke(session, of_alice, now())

    def withdraw(self, session: Session) -> None:
        """Delete the consent, then end the grants."""
        self.records.consents.delete(session, "alice", "web")
        self.records.grants.revoke_of_user(session, "alice", "web", now())

    def narrow(self, session: Session) -> None:
        """Withdraw a scope."""
        withdrawn = frozenset({"read"})
        self.records.consents.narrow(session, "alice", "web", withdrawn, now())
        self.records.grants.revoke_of_user(session, "alice", "web", now(), withdrawn)

    def withdraw_item(self, session: Session) -> None:
        """Withdraw an item that is no scope."""
        self.records.consents.narrow(
            *(session, "alice", "web", frozenset(), now()),
            withdrawn={"payment": lambda stored: {}},
        )
        self.records.grants.revoke_of_user(session, "alice", "web", now())

    def live_grants(self) -> int:
        grants = self.models.Grant
        with Session(self.engine) as session:
            found = session.scalars(select(grants).where(grants.revoked_at.is_(None)))
            return len(found.all())

    @contextmanager
    def other(self, act: Callable[[Session], None]) -> Iterator[Future[None]]:
        """Let another transaction act, until it waits for a lock."""

        def run() -> None:
            with Session(self.engine) as session, session.begin():
                act(session)

        watch = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with ThreadPoolExecutor(1) as pool, watch.connect() as watching:
            future = pool.submit(run)
            deadline = time.monotonic() + 60
            while not (future.done() or watching.scalar(WAITING)):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield future


@pytest.fixture
def guarded_site(postgresql_url: str) -> Iterator[Site]:
    site = Site(postgresql_url)
    yield site
    site.engine.dispose()


ENDINGS = [
    (Site.end_access, LoginEnded),
    (Site.withdraw, ConsentChanged),
    (Site.narrow, ConsentChanged),
    (Site.withdraw_item, ConsentChanged),
]
NAMES = ["login", "consent", "scope", "item"]


@pytest.mark.postgresql
@pytest.mark.parametrize(("end", "refusal"), ENDINGS, ids=NAMES)
def test_who_ends_access_finds_a_grant_that_is_being_stored(
    guarded_site: Site, end: Callable[[Site, Session], None], refusal: type
) -> None:
    guard = guarded_site.guard()
    with Session(guarded_site.engine) as session:
        guarded_site.add_grant(session, guard)
        with guarded_site.other(lambda other: end(guarded_site, other)) as ending:
            session.commit()
            ending.result(timeout=60)
    assert guarded_site.live_grants() == 0


@pytest.mark.postgresql
@pytest.mark.parametrize(("end", "refusal"), ENDINGS, ids=NAMES)
def test_no_grant_is_stored_after_access_was_ended(
    guarded_site: Site,
    end: Callable[[Site, Session], None],
    refusal: type[Exception],
) -> None:
    guard = guarded_site.guard()
    with Session(guarded_site.engine) as session:
        end(guarded_site, session)
        with guarded_site.other(
            lambda other: guarded_site.add_grant(other, guard)
        ) as storing:
            session.commit()
            with pytest.raises(refusal):
                storing.result(timeout=60)
    assert guarded_site.live_grants() == 0
