"""Concurrent consent decisions of one user."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import now
from pyramid_oauth.config.build import declared
from pyramid_oauth.repositories import Repositories
from pyramid_oauth.repositories.consent_records import ConsentChange

Act = Callable[[Session], None]

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def run_during(engine: Engine, first: Act, second: Act) -> None:
    """Run `second` in another transaction, which waits for the one of `first`."""

    def other_tab() -> None:
        with Session(engine) as session, session.begin():
            second(session)

    watch = engine.execution_options(isolation_level="AUTOCOMMIT")
    with (
        ThreadPoolExecutor(1) as pool,
        Session(engine) as session,
        watch.connect() as watching,
    ):
        first(session)
        other = pool.submit(other_tab)
        deadline = time.monotonic() + 60
        while not watching.scalar(WAITING) and time.monotonic() < deadline:
            time.sleep(0.01)
        session.commit()
        other.result(timeout=60)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "earlier_scopes",
    [frozenset(), frozenset({"openid"})],
    ids=["first-consent", "wider-consent"],
)
def test_concurrent_consents_in_two_tabs_are_both_stored(
    postgresql_url: str, earlier_scopes: frozenset[str]
) -> None:
    engine = create_engine(postgresql_url)
    models = declared({}).models
    models.metadata.create_all(engine)
    consents = Repositories(models, Accounts(), 0).consents

    def remember(session: Session, *scopes: str) -> None:
        change = ConsentChange(scopes=frozenset(scopes), made_at=now())
        consents.remember(session, "alice", "web", change)

    with Session(engine) as session, session.begin():
        session.add(models.Application(client_id="web", client_type="public"))
        session.flush()
        if earlier_scopes:
            remember(session, *earlier_scopes)
    run_during(
        engine,
        lambda session: remember(session, "read"),
        lambda session: remember(session, "write"),
    )
    with Session(engine) as session:
        (stored_scope,) = session.scalars(select(models.Consent.scope))
    assert set(stored_scope.split()) == {"read", "write", *earlier_scopes}
    engine.dispose()


@pytest.mark.postgresql
def test_items_that_are_withdrawn_in_two_tabs_are_both_gone(
    postgresql_url: str,
) -> None:
    engine = create_engine(postgresql_url)
    models = declared({}).models
    models.metadata.create_all(engine)
    consents = Repositories(models, Accounts(), 0).consents

    def withdraw(session: Session, name: str) -> None:
        def narrow(stored: Mapping[str, Any]) -> Mapping[str, Any]:
            return {each: data for each, data in stored.items() if each != name}

        whose = (session, "alice", "web", frozenset[str](), now())
        consents.narrow(*whose, withdrawn={"payment": narrow})

    with Session(engine) as session, session.begin():
        session.add(models.Application(client_id="web", client_type="public"))
        session.flush()
        change = ConsentChange(
            scopes=frozenset(),
            details={"payment": {"a": 1, "b": 2, "c": 3}},
            made_at=now(),
        )
        consents.remember(session, "alice", "web", change)
    run_during(
        engine,
        lambda session: withdraw(session, "a"),
        lambda session: withdraw(session, "b"),
    )
    with Session(engine) as session:
        (details,) = session.scalars(select(models.Consent.details))
    assert details["payment"] == {"c": 3}
    engine.dispose()
