"""Deletion of expired rows, in small batches beside live traffic, and of clients.

No specification. The ModelSpec of each model (`pyramid_oauth.models.ModelSpec`) defines
which rows are expired and which belong to a client. The tombstone of a used code is
kept as long as its grant, so that a replay is recognized (RFC 6749 section 4.1.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, and_, delete, select
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import columns_of, connection, execute
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.settings import Settings

Deleted = Callable[[Sequence[str]], None]

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Batch:
    """One committed batch: the kind and number of deleted rows."""

    name: str
    rows: int


LARGEST_BATCH = 30_000
"""Maximum rows of a batch: psycopg accepts 65,535 values, an old SQLite 32,766."""


def purge(
    transaction: Transaction,
    models: Models,
    settings: Settings,
    batch_size: int = 1000,
    deleted: Deleted | None = None,
) -> Iterator[Batch]:
    """Delete expired rows; yield after each committed batch.

    It can be interrupted between batches and restarted at any time. Several processes
    can run it concurrently.

    Args:
        transaction: Opens a transaction and returns its session.
        models: The models, with their purge rules.
        settings: The settings, which say how long expired rows are kept.
        batch_size: Rows of a batch, at most `LARGEST_BATCH`.
        deleted: Called with the client_ids of deleted clients, in the transaction that
            deletes them.

    Yields:
        Each committed batch.
    """
    size = min(batch_size, LARGEST_BATCH)
    for sweep in _sweeps(models, settings, now(), deleted):
        position: object = None
        while True:
            with transaction() as session:
                position, rows = _delete_batch(session, sweep, position, size)
            yield Batch(sweep.name, rows)
            if position is None:
                break


@dataclass(frozen=True)
class _Sweep:
    """A purge rule at one point in time: the rows of `table` that match `dead`.

    Rows are read in the order of `along`; a batch starts where the previous one ended.
    `erase` deletes the rows with the given values of `key` and returns their number.
    """

    name: str
    table: Table
    along: Column[Any]
    dead: ColumnElement[bool]
    key: Column[Any]
    erase: Callable[[Session, list[Any]], int]


def _sweeps(
    models: Models, settings: Settings, at: datetime, deleted: Deleted | None
) -> Iterator[_Sweep]:
    for rule in models.purge_rules:
        seconds = rule.keep(settings)
        if seconds is not None:
            yield _sweep(models, rule, at, timedelta(seconds=seconds), deleted)


def _sweep(
    models: Models,
    rule: PurgeRule,
    at: datetime,
    kept: timedelta,
    deleted: Deleted | None,
) -> _Sweep:
    model: Any = rule.model
    if isinstance(model, str):
        model = getattr(models, model)
    columns, table = columns_of(model), model.__table__
    dead = columns[rule.ended] <= at - kept
    if rule.also is not None:
        dead = and_(dead, rule.also(models, at))
    along = columns[rule.along or rule.ended]
    if model is models.Application:
        key = columns["client_id"]
        erase = _erase_clients(models, dead, deleted)
    else:
        (key,) = table.primary_key.columns
        erase = _erase_rows(table, key)
    return _Sweep(rule.name, table, along, dead, key, erase)


def _erase_rows(table: Table, key: Column[Any]) -> Callable[[Session, list[Any]], int]:
    def erase(session: Session, keys: list[Any]) -> int:
        return execute(session, delete(table).where(key.in_(keys)), {})

    return erase


def _erase_clients(
    models: Models, dead: ColumnElement[bool], deleted: Deleted | None
) -> Callable[[Session, list[Any]], int]:
    client_id = columns_of(models.Application)["client_id"]

    def erase(session: Session, client_ids: list[Any]) -> int:
        # The rows are locked only now: a client may have become used in between.
        again = select(client_id).where(client_id.in_(client_ids), dead)
        still = list(connection(session, again).scalars(again))
        if deleted is not None:
            deleted(still)
        return delete_applications(session, models, still)

    return erase


def _delete_batch(
    session: Session, sweep: _Sweep, position: object, size: int
) -> tuple[object, int]:
    """Delete one batch; the position of the next one is None at the end."""
    batch = _select_batch(sweep, position, size)
    rows = connection(session, batch).execute(batch).all()
    if not rows:
        return None, 0
    count = sweep.erase(session, [row[0] for row in rows])
    return (rows[-1][1] if len(rows) == size else None), count


def _select_batch(sweep: _Sweep, position: object, size: int) -> Select[Any]:
    statement = select(sweep.key, sweep.along).where(sweep.dead)
    if position is not None:
        statement = statement.where(sweep.along >= position)
    # A locked row is left for the next run, so that no transaction waits.
    return (
        statement.order_by(sweep.along)
        .limit(size)
        .with_for_update(skip_locked=True, of=sweep.table)
    )


def delete_applications(
    session: Session, models: Models, client_ids: Sequence[str]
) -> int:
    """Delete applications with all their rows; return how many there were.

    The statements name every table, because by default SQLite does not enforce foreign
    keys. The order is the reverse of the specs, in which live requests lock rows: a
    consent decision uses its request, then extends a consent, then inserts a grant; a
    refresh rotates its token before it reads the grant. Another order could deadlock.

    Args:
        session: The SQLAlchemy session; it is not committed.
        models: The models.
        client_ids: The client identifiers.
    """
    for spec in reversed(models.specs):
        condition = _is_of_clients(models, spec, client_ids)
        if condition is not None:
            table = getattr(models, spec.name).__table__
            execute(session, delete(table).where(condition), {})
    # The tokens of the client itself have no grant, and would be valid again for a new
    # client of this name.
    token = columns_of(models.AccessToken)
    own = and_(token["grant_id"].is_(None), token["client_id"].in_(client_ids))
    execute(session, delete(models.AccessToken.__table__).where(own), {})
    applications = models.Application.__table__
    named = columns_of(models.Application)["client_id"].in_(client_ids)
    return execute(session, delete(applications).where(named), {})


def _is_of_clients(
    models: Models, spec: ModelSpec, client_ids: Sequence[str]
) -> ColumnElement[bool] | None:
    """Return the condition that a row, or its grant, belongs to one of the clients."""
    columns = columns_of(getattr(models, spec.name))
    if spec.client_column is not None:
        return columns[spec.client_column].in_(client_ids)  # type: ignore[no-any-return]
    for name, (target, _) in spec.references.items():
        if target == "Grant":
            grant = columns_of(models.Grant)
            grants = select(grant["id"]).where(grant["client_id"].in_(client_ids))
            return columns[name].in_(grants)  # type: ignore[no-any-return]
    return None
