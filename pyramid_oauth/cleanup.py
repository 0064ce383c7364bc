"""What is dead leaves the database, a small batch at a time, beside live traffic.

A used code's tombstone lives as long as its grant, so that a replay is recognised
(RFC 6749 section 4.1.2); nothing here shortens that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, select
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.unused import has_living_token, is_unused

Deleted = Callable[[Sequence[str]], None]

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class PurgeRule:
    """The rows of `model` for which `dead` holds, taken in the order of `along`.

    `along` is indexed: a batch begins where the last one ended and passes no live row
    twice. `erase` deletes what is named by a list of `key` values (by default those of
    the primary key, and nothing but these rows) and says how many rows went.
    """

    name: str
    table: Table
    along: Any
    dead: ColumnElement[bool]
    key: Any = None
    erase: Callable[[Session, list[Any]], int] | None = None


@dataclass(frozen=True)
class Batch:
    """One committed step: how many rows of which kind went."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """For how long is kept what has an end and no moment at which it expires.

    `messages` that were given up, for people to look at; retired `keys`, by which an
    old `id_token_hint` is still known; registered clients that are `unused` (None: for
    ever).
    """

    messages: timedelta = timedelta(days=30)
    keys: timedelta = timedelta(days=400)
    unused: timedelta | None = None


DEFAULT = Kept()

LARGEST_BATCH = 30_000
"""Rows of a batch at most: psycopg takes 65,535 values, an old SQLite 32,766."""


def purge_rules(
    models: Models,
    at: datetime,
    kept: Kept = DEFAULT,
    deleted: Deleted | None = None,
) -> tuple[PurgeRule, ...]:
    """What is dead at the moment `at`; tokens before the grants they belong to."""
    unused = kept.unused
    clients = () if unused is None else (_unused(models, at, at - unused, deleted),)
    return (
        _expired("access tokens", models.AccessToken, at),
        _expired("refresh tokens", models.RefreshToken, at),
        _expired("authorization requests", models.AuthorizationRequest, at),
        _expired("grants", models.Grant, at, _without_tokens(models, at)),
        _ended_consents(models, at),
        _given_up(models, at - kept.messages),
        _expired("used assertions", models.UsedAssertion, at),
        _expired("counters", models.Throttle, at),
        _expired("initial access tokens", models.InitialAccessToken, at),
        _retired(models, at - kept.keys),
        *clients,
    )


def purge(
    transaction: Transaction,
    models: Models,
    batch_size: int = 1000,
    kept: Kept = DEFAULT,
    deleted: Deleted | None = None,
) -> Iterator[Batch]:
    """Delete what is dead now; yields after each committed batch.

    A batch has `batch_size` rows, but no more than `LARGEST_BATCH`. Registered clients
    go that were last changed longer than `kept.unused` ago and have nothing that lives.
    `deleted` is told their client_ids, inside the transaction in which they go.
    `transaction` opens one transaction and gives its session. It may be left between
    any two batches, and begun again at any time, also by two processes at once.
    """
    size = min(batch_size, LARGEST_BATCH)
    for sweep in purge_rules(models, now(), kept, deleted):
        position: Any = None
        while True:
            with transaction() as session:
                position, rows = _sweep(session, sweep, position, size)
            yield Batch(sweep.name, rows)
            if position is None:
                break


def _expired(
    name: str, model: Any, at: datetime, *more: ColumnElement[bool]
) -> PurgeRule:
    expires_at = columns_of(model)["expires_at"]
    return PurgeRule(name, model.__table__, expires_at, and_(expires_at <= at, *more))


def _unused(
    models: Models, at: datetime, before: datetime, deleted: Deleted | None
) -> PurgeRule:
    columns = columns_of(models.Application)

    unused, client_id = is_unused(models, at, before), columns["client_id"]

    def erase(session: Session, found: list[Any]) -> int:
        # They are locked only now: one may have come into use until then.
        again = select(client_id).where(client_id.in_(found), unused)
        still = list(connection(session, again).scalars(again))
        if deleted is not None:
            deleted(still)
        return delete_applications(session, models, still)

    table = models.Application.__table__
    return PurgeRule("unused clients", table, columns["id"], unused, client_id, erase)


def _ended_consents(models: Models, at: datetime) -> PurgeRule:
    """Few hosts let a consent end; no index tells which did."""
    return _by_key("consents", models.Consent, "expires_at", at)


def _given_up(models: Models, before: datetime) -> PurgeRule:
    return _by_key("dead messages", models.OutboxMessage, "dead_at", before)


def _by_key(name: str, model: Any, ended: str, at: datetime) -> PurgeRule:
    """What ended by `at`, found in one pass along the key."""
    columns = columns_of(model)
    return PurgeRule(name, model.__table__, columns["id"], columns[ended] <= at)


def _retired(models: Models, before: datetime) -> PurgeRule:
    """Keys that were retired long ago; a compromised one stays, lest it be imported."""
    key = columns_of(models.SigningKey)
    dead = and_(key["retired_at"] <= before, key["compromised"].is_(False))
    return PurgeRule("retired keys", models.SigningKey.__table__, key["kid"], dead)


def _without_tokens(models: Models, at: datetime) -> ColumnElement[bool]:
    """No token of the grant is still alive; the dead ones go with it (CASCADE)."""
    return and_(
        ~has_living_token(models, at), ~has_living_token(models, at, "RefreshToken")
    )


def _sweep(
    session: Session, sweep: PurgeRule, position: Any, size: int
) -> tuple[Any, int]:
    """Delete one batch; the position of the next one is None at the end."""
    batch = _batch(sweep, position, size)
    found = connection(session, batch).execute(batch).all()
    if not found:
        return None, 0
    keys = [row[0] for row in found]
    gone = sweep.erase(session, keys) if sweep.erase else _erased(session, sweep, keys)
    return (found[-1][1] if len(found) == size else None), gone


def _erased(session: Session, sweep: PurgeRule, keys: list[Any]) -> int:
    key = _key(sweep)
    return execute(session, delete(sweep.table).where(key.in_(keys)), {})


def _batch(sweep: PurgeRule, position: Any, size: int) -> Select[Any]:
    statement = select(_key(sweep), sweep.along).where(sweep.dead)
    if position is not None:
        statement = statement.where(sweep.along >= position)
    # A row that is in use is left for the next run; nobody waits for the other.
    return (
        statement.order_by(sweep.along)
        .limit(size)
        .with_for_update(skip_locked=True, of=sweep.table)
    )


def _key(sweep: PurgeRule) -> Any:
    if sweep.key is not None:
        return sweep.key
    (key,) = sweep.table.primary_key.columns
    return key


def delete_applications(
    session: Session, models: Models, client_ids: Sequence[str]
) -> int:
    """Delete the applications with their grants, consents and tokens; how many went.

    SQLite by default follows no foreign key, so everything is named.
    """
    gone = 0
    for model, condition in _rows(models, client_ids):
        gone = execute(session, delete(model.__table__).where(condition), {})
    return gone


def _rows(
    models: Models, client_ids: Sequence[str]
) -> Iterator[tuple[type[Any], ColumnElement[bool]]]:
    """What goes, in the order in which a live request locks it.

    A decision answers its request, then widens a consent, then makes a grant; a
    refresh moves its token on before it needs the grant. In another order the two
    could wait for each other.
    """
    grant = columns_of(models.Grant)
    grants = select(grant["id"]).where(grant["client_id"].in_(client_ids))
    for model in (models.AuthorizationRequest, models.Consent):
        yield model, columns_of(model)["client_id"].in_(client_ids)
    for model in (models.RefreshToken, models.AccessToken):
        yield model, columns_of(model)["grant_id"].in_(grants)
    for model in (models.Grant, models.Application):
        yield model, columns_of(model)["client_id"].in_(client_ids)
