"""`pyramid-oauth purge` deletes expired rows in small batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from pyramid_oauth.cleanup import purge
from pyramid_oauth.clock import now
from pyramid_oauth.standalone.models import LoginSession, User
from tests.scripts.purge_rows import MODELS, SETTINGS, count_rows, rows
from tests.support.command_line import STANDALONE
from tests.support.examples import at_most

pytestmark = pytest.mark.slow

PAST, FUTURE = timedelta(hours=-1), timedelta(hours=1)


@pytest.fixture
def upgraded_ini(write_ini: Callable[..., Path], database_url: str, run: Any) -> Path:
    path = write_ini(STANDALONE, database_url)
    run("upgrade", path)
    return path


@pytest.fixture
def engine(upgraded_ini: Path, database_url: str) -> Engine:
    return create_engine(database_url, poolclass=NullPool)


def test_a_batch_size_over_the_limit_of_a_statement_is_refused(
    run: Any, upgraded_ini: Path
) -> None:
    run("purge", upgraded_ini, "--batch-size", 30_000)
    error = run("purge", upgraded_ini, "--batch-size", 70_000, code=2).stderr
    assert "30000" in error


def test_purge_deletes_expired_rows_only(
    upgraded_ini: Path, engine: Engine, run: Any
) -> None:
    with rows(engine) as add:
        valid, expired = add.grant(FUTURE), add.grant(PAST)
        add.access(FUTURE, valid)
        add.access(PAST, valid)
        add.access(PAST)
        add.access(PAST, expired)
        add.refresh(FUTURE, valid)
        add.refresh(PAST, expired)
        add.request(FUTURE)
        add.request(PAST)
        add.consent("alice", FUTURE)
        add.consent("bob", PAST)
        add.consent("carol", None)

    output = run("purge", upgraded_ini).stdout

    assert sorted(output.splitlines(), reverse=True) == [
        "3 access tokens deleted",
        "1 refresh tokens deleted",
        "1 grants deleted",
        "1 consents deleted",
        "1 authorization requests deleted",
        "0 used assertions deleted",
        "0 unused clients of documents deleted",
        "0 unused clients deleted",
        "0 retired keys deleted",
        "0 remembered browsers deleted",
        "0 pending logins deleted",
        "0 login sessions deleted",
        "0 links in mail deleted",
        "0 initial access tokens deleted",
        "0 dead messages deleted",
        "0 counters deleted",
        "0 consent ledger entries deleted",
        "0 audit entries deleted",
    ]
    assert count_rows(engine) == {
        "AccessToken": 1,
        "RefreshToken": 1,
        "AuthorizationRequest": 1,
        "Grant": 1,
        "Consent": 2,
    }


@pytest.mark.parametrize(
    ("model", "name"),
    [("UsedAssertion", "used assertions"), ("Throttle", "counters")],
)
def test_expired_identifiers_and_counters_are_deleted(
    upgraded_ini: Path, engine: Engine, run: Any, model: str, name: str
) -> None:
    mapped = getattr(MODELS, model)
    with Session(engine) as session, session.begin():
        for number, expires in enumerate((PAST, FUTURE)):
            more = {"count": 1} if model == "Throttle" else {}
            row = mapped(digest=f"{number:043}", expires_at=now() + expires, **more)
            session.add(row)

    assert f"1 {name} deleted" in run("purge", upgraded_ini).stdout

    with Session(engine) as session:
        assert session.scalars(select(mapped.digest)).all() == [f"{1:043}"]


def test_expired_login_sessions_of_the_ready_made_server_are_deleted(
    upgraded_ini: Path, engine: Engine, run: Any
) -> None:
    with Session(engine) as session, session.begin():
        session.add(User(subject="alice", username="alice", password_hash="x"))
        session.flush()
        for key, expires in (("gone", PAST), ("kept", FUTURE)):
            session.add(
                LoginSession(
                    key_digest=key,
                    session_id=key,
                    subject="alice",
                    password_digest="x",
                    auth_time=now() + PAST,
                    seen_at=now() + PAST,
                    expires_at=now() + expires,
                )
            )

    assert "1 login sessions deleted" in run("purge", upgraded_ini).stdout

    with Session(engine) as session:
        assert session.scalars(select(LoginSession.key_digest)).all() == ["kept"]


def test_a_retired_key_is_deleted_after_its_retention_period(
    upgraded_ini: Path, engine: Engine, run: Any
) -> None:
    long_ago = now() - timedelta(days=401)
    retained = {
        "active": {"state": "active"},
        "recent": {"state": "retired", "retired_at": now() - timedelta(days=399)},
        "leaked": {"state": "retired", "retired_at": long_ago, "compromised": True},
    }
    deleted = {"old": {"state": "retired", "retired_at": long_ago}}
    with Session(engine) as session, session.begin():
        for kid, values in {**retained, **deleted}.items():
            key = MODELS.SigningKey(kid=kid, alg="RS256", public_jwk={}, issuer="x")
            key.compromised = False
            for name, value in values.items():
                setattr(key, name, value)
            session.add(key)
    assert "1 retired keys deleted" in run("purge", upgraded_ini).stdout
    with Session(engine) as session:
        remaining = session.scalars(select(MODELS.SigningKey.kid)).all()
    assert retained.keys() <= set(remaining)
    assert not deleted.keys() & set(remaining)


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_a_used_code_is_kept_as_long_as_its_grant(
    upgraded_ini: Path, engine: Engine, run: Any
) -> None:
    used = {"code_used_at": now() + PAST, "code_expires_at": now() + PAST}
    with rows(engine) as add:
        add.grant(FUTURE, **used)
        add.grant(FUTURE, revoked_at=now() + PAST, **used)

    run("purge", upgraded_ini)

    assert count_rows(engine)["Grant"] == 2


def test_an_expired_grant_is_kept_while_one_of_its_tokens_is_valid(
    upgraded_ini: Path, engine: Engine, run: Any
) -> None:
    with rows(engine) as add:
        add.access(FUTURE, add.grant(PAST))
        add.refresh(FUTURE, add.grant(PAST))
        add.access(FUTURE, add.grant(PAST), revoked_at=now())

    run("purge", upgraded_ini)

    assert count_rows(engine)["Grant"] == 2


def test_purge_can_be_interrupted_between_batches(engine: Engine) -> None:
    with rows(engine) as add:
        for minutes in range(10):
            add.access(timedelta(minutes=-1 - minutes))

    @contextmanager
    def transaction() -> Iterator[Session]:
        with Session(engine) as session, session.begin():
            yield session

    batches = purge(transaction, MODELS, SETTINGS, batch_size=3)
    first = next(batch for batch in batches if batch.rows)

    assert (first.name, first.rows) == ("access tokens", 3)
    assert count_rows(engine)["AccessToken"] == 7
    assert sum(batch.rows for batch in purge(transaction, MODELS, SETTINGS, 3)) == 7


def test_two_concurrent_purges_do_not_wait_for_each_other(
    postgresql_url: str, write_ini: Callable[..., Path], run: Any
) -> None:
    ini = write_ini(STANDALONE, postgresql_url)
    run("upgrade", ini)
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with rows(engine) as add:
        locked_id, *_ = [add.access(PAST).id for _ in range(3)]

    with Session(engine) as other, other.begin():
        other.get(MODELS.AccessToken, locked_id, with_for_update=True)
        assert "2 access tokens deleted" in run("purge", ini).stdout

    assert "1 access tokens deleted" in run("purge", ini).stdout


@settings(
    max_examples=at_most(20),
)
@given(ages=st.lists(st.integers(-3, 3), max_size=12), batch_size=st.integers(1, 5))
def test_every_batch_size_deletes_the_same_rows(
    tmp_path: Path, ages: list[int], batch_size: int
) -> None:
    engine = create_engine("sqlite://")
    MODELS.metadata.create_all(engine)
    # Half a minute off, so that none of them expires during the test.
    with rows(engine) as add:
        for age in ages:
            add.access(timedelta(minutes=age, seconds=30))

    @contextmanager
    def transaction() -> Iterator[Session]:
        with Session(engine) as session, session.begin():
            yield session

    batches = list(purge(transaction, MODELS, SETTINGS, batch_size))

    assert all(batch.rows <= batch_size for batch in batches)
    assert count_rows(engine)["AccessToken"] == sum(age >= 0 for age in ages)
    engine.dispose()
