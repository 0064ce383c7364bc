"""Deletion: what is dead, in small batches beside live traffic, and whole clients.

What is dead, and what belongs to a client, is said by the models' specs
(`pyramid_oauth.models.ModelSpec`). A used code's tombstone lives as long as its grant,
so that a replay is recognised (RFC 6749 section 4.1.2); nothing here shortens that.
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
from pyramid_oauth.models.registry import ModelSpec, PurgeRule

Deleted = Callable[[Sequence[str]], None]

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Batch:
    """One committed step: how many rows of which kind were deleted."""

    name: str
    rows: int


LARGEST_BATCH = 30_000
"""Rows of a batch at most: psycopg takes 65,535 values, an old SQLite 32,766."""


def purge(
    transaction: Transaction,
    models: Models,
    settings: Any,
    batch_size: int = 1000,
    deleted: Deleted | None = None,
) -> Iterator[Batch]:
    """Delete what is dead now; yields after each committed batch.

    It may be left between any two batches, and begun again at any time, also by two
    processes at once.

    Args:
        transaction: Opens one transaction and gives its session.
        models: Their purge rules say what is dead.
        settings: For how long it stays nevertheless.
        batch_size: Rows in a batch, but no more than `LARGEST_BATCH`.
        deleted: Told the client_ids of clients that are deleted, inside the
            transaction in which they are.
    """
    size = min(batch_size, LARGEST_BATCH)
    for sweep in _sweeps(models, settings, now(), deleted):
        position: Any = None
        while True:
            with transaction() as session:
                position, rows = _delete_batch(session, sweep, position, size)
            yield Batch(sweep.name, rows)
            if position is None:
                break


@dataclass(frozen=True)
class _Sweep:
    """A purge rule at one moment: the rows of `table` for which `dead` holds.

    They are taken in the order of `along`: a batch begins where the last one ended.
    `erase` deletes what is named by a list of `key` values and says how many rows.
    """

    name: str
    table: Table
    along: Any
    dead: ColumnElement[bool]
    key: Any
    erase: Callable[[Session, list[Any]], int]


def _sweeps(
    models: Models, settings: Any, at: datetime, deleted: Deleted | None
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
    model = getattr(models, rule.model)
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


def _erase_rows(table: Table, key: Any) -> Callable[[Session, list[Any]], int]:
    def erase(session: Session, keys: list[Any]) -> int:
        return execute(session, delete(table).where(key.in_(keys)), {})

    return erase


def _erase_clients(
    models: Models, dead: ColumnElement[bool], deleted: Deleted | None
) -> Callable[[Session, list[Any]], int]:
    client_id = columns_of(models.Application)["client_id"]

    def erase(session: Session, client_ids: list[Any]) -> int:
        # They are locked only now: one may have come into use until then.
        again = select(client_id).where(client_id.in_(client_ids), dead)
        still = list(connection(session, again).scalars(again))
        if deleted is not None:
            deleted(still)
        return delete_applications(session, models, still)

    return erase


def _delete_batch(
    session: Session, sweep: _Sweep, position: Any, size: int
) -> tuple[Any, int]:
    """Delete one batch; the position of the next one is None at the end."""
    batch = _select_batch(sweep, position, size)
    rows = connection(session, batch).execute(batch).all()
    if not rows:
        return None, 0
    count = sweep.erase(session, [row[0] for row in rows])
    return (rows[-1][1] if len(rows) == size else None), count


def _select_batch(sweep: _Sweep, position: Any, size: int) -> Select[Any]:
    statement = select(sweep.key, sweep.along).where(sweep.dead)
    if position is not None:
        statement = statement.where(sweep.along >= position)
    # A row that is in use is left for the next run; nobody waits for the other.
    return (
        statement.order_by(sweep.along)
        .limit(size)
        .with_for_update(skip_locked=True, of=sweep.table)
    )


def delete_applications(
    session: Session, models: Models, client_ids: Sequence[str]
) -> int:
    """Delete the applications with what belongs to them; how many there were.

    SQLite by default follows no foreign key, so everything is named. The order is the
    one in which a live request locks the rows, which is that of the specs backwards: a
    decision answers its request, then widens a consent, then makes a grant; a refresh
    moves its token on before it needs the grant. In another order the two could wait
    for each other.
    """
    for spec in reversed(models.specs):
        condition = _is_of_clients(models, spec, client_ids)
        if condition is not None:
            table = getattr(models, spec.name).__table__
            execute(session, delete(table).where(condition), {})
    applications = models.Application.__table__
    named = columns_of(models.Application)["client_id"].in_(client_ids)
    return execute(session, delete(applications).where(named), {})


def _is_of_clients(
    models: Models, spec: ModelSpec, client_ids: Sequence[str]
) -> ColumnElement[bool] | None:
    """That a row belongs to one of the clients, itself or by its grant."""
    columns = columns_of(getattr(models, spec.name))
    if spec.client_column is not None:
        return columns[spec.client_column].in_(client_ids)  # type: ignore[no-any-return]
    for name, (target, _) in spec.references.items():
        if target == "Grant":
            grant = columns_of(models.Grant)
            grants = select(grant["id"]).where(grant["client_id"].in_(client_ids))
            return columns[name].in_(grants)  # type: ignore[no-any-return]
    return None
