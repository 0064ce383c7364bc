"""Guarded inserts: a row is inserted only if the cached application is current."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Insert,
    Label,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    exists,
    null,
    select,
    true,
)
from sqlalchemy import insert as core_insert
from sqlalchemy.dialects import postgresql, sqlite

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.database import Typed, columns_of, prepared
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models.bundle import Models
from pyramid_oauth.models.columns import type_of_own_values


def insert(mapped: type[Any], names: Iterable[str]) -> Executable:
    """Return the INSERT of the named attributes, without RETURNING."""
    columns = columns_of(mapped)
    values: dict[Any, Any] = {
        columns[name]: bindparam(name, type_=type_of_own_values(columns[name]))
        for name in names
    }
    return prepared(core_insert(mapped.__table__).values(values).inline())


def insert_guarded(
    models: Models,
    mapped: type[Any],
    names: Iterable[str],
    *,
    lock: bool = False,
    further: Iterable[Select[Any]] = (),
) -> Executable:
    """Like `insert`, but only while the application is at `guard_revision`.

    Zero rows mean that the copy of the application in memory is outdated, or that one
    of the `further` selections has no row. With `lock` the application stays until the
    end of the transaction: for rows that refer to it.
    """
    application = columns_of(models.Application)
    current = select(1).where(
        application["client_id"] == bindparam("client_id"),
        application["revision"] == bindparam("guard_revision"),
    )
    if lock:
        current = lock_rows(current)
    return insert_where(mapped, names, current, *further)


def insert_while_granted(
    models: Models, mapped: type[Any], names: Iterable[str]
) -> Executable:
    """Like `insert`, but only if the grant `grant_id` exists, which is then locked."""
    return insert_where(mapped, names, present_grant(models))


def present_grant(models: Models, parameter: str = "grant_id") -> Select[Any]:
    """Return the selection of the grant that `parameter` names, which it locks."""
    grant = columns_of(models.Grant)
    return lock_rows(select(1).where(grant["id"] == bindparam(parameter)))


def insert_where(
    mapped: type[Any], names: Iterable[str], *rows: Select[Any], prefix: str = ""
) -> Insert:
    """Return the INSERT of one row with the named attributes if all `rows` have one.

    Columns which a host added, its own kind of key among them, get their defaults.
    The parameters are called like the attributes, after `prefix`.
    """
    columns = columns_of(mapped)
    chosen = [columns[name] for name in names]
    types = {name: type_of_own_values(columns[name]) for name in names}
    values = [
        Typed(bindparam(prefix + name, type_=kind), kind)
        for name, kind in types.items()
    ]
    row = select(*values).where(*(exists(each) for each in rows))
    return prepared(core_insert(mapped.__table__).from_select(chosen, row))


def lock_rows(rows: Select[Any]) -> Select[Any]:
    """`rows`, with the lock that the check of a foreign key takes anyway.

    Taken before, it waits for a deletion of the row and then finds none, where the
    check would fail. PostgreSQL alone has it; SQLite writes one at a time.
    """
    return rows.with_for_update(read=True, key_share=True)


def revision_of(models: Models, client_id: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return the revision of the application `client_id` (column or bind parameter)."""
    application = columns_of(models.Application)
    return (
        select(application["revision"])
        .where(application["client_id"] == client_id)
        .scalar_subquery()
    )


def is_active_column(accounts: Accounts, user_id: ColumnElement[Any]) -> Label[bool]:
    """Return the column `user_active`: NULL where the adapter must be asked in Python.

    An adapter that overrides neither method has only active users.
    """
    active: Any = accounts.active_clause(user_id)
    if active is None:
        disables_nobody = type(accounts).is_active is Accounts.is_active
        active = true() if disables_nobody else null()
    column: Label[bool] = active.label("user_active")
    return column


_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def conflict_insert(on: Connection, table: Table) -> Any:  # noqa: ANN401 - an Insert of the dialect
    """Return an INSERT into `table` with `on_conflict_do_…`, for the engine of `on`.

    Raises ConfigurationError for an engine that has no such statement.
    """
    name = on.dialect.name
    if name not in _INSERT:
        raise ConfigurationError(f"{name} has no INSERT … ON CONFLICT, which is needed")
    return _INSERT[name](table)
