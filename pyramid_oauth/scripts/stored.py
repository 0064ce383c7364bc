"""What `check` looks for in the database: tables, revision, applications, keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import func, inspect, select

from pyramid_oauth.clients.acceptance import standing_errors
from pyramid_oauth.clock import now
from pyramid_oauth.models import store
from pyramid_oauth.scripts import migrations
from pyramid_oauth.scripts.findings import Finding
from pyramid_oauth.scripts.stored_keys import in_keys

OVERDUE = timedelta(minutes=5)
"""How late a delivery may be before somebody should look."""


def in_database(request: Any, ini: str) -> Iterator[Finding]:
    """The findings of the database behind `request`."""
    connection = store.connection(request.oauth.session)
    missing = list(_missing(connection, request.oauth.models))
    yield from missing
    if migrations.is_standalone(ini):
        yield from _behind(connection)
    if not missing:
        yield from _applications(request)
        yield from _outbox(request)
        yield from in_keys(request)


def _missing(connection: Any, models: Any) -> Iterator[Finding]:
    inspector = inspect(connection)
    for table in models.tables:
        if not inspector.has_table(table.name, schema=table.schema):
            yield Finding("E201", f"the table {table.fullname} is missing; upgrade")
            continue
        found = inspector.get_columns(table.name, schema=table.schema)
        names = {column["name"] for column in found}
        for column in table.columns:
            if column.name not in names:
                yield Finding(
                    "E202", f"{table.fullname} lacks the column {column.name}; upgrade"
                )


def _behind(connection: Any) -> Iterator[Finding]:
    has, needs = migrations.revisions(connection)
    if has != needs:
        yield Finding(
            "E203",
            f"the database is at revision {_listed(has)}, the package at "
            f"{_listed(needs)}; run pyramid-oauth upgrade",
        )


def _listed(revisions: set[str]) -> str:
    return ", ".join(sorted(revisions)) or "none"


def _applications(request: Any) -> Iterator[Finding]:
    """Applications which today's rules would not let in."""
    server, model = request.oauth.server, request.oauth.models.Application
    statement = select(model).order_by(model.client_id)
    found = request.oauth.session.scalars(statement.execution_options(yield_per=200))
    for application in found:
        for field, problems in standing_errors(server, application).items():
            for problem in problems:
                yield Finding(
                    "W301", f"application {application.client_id}: {field}: {problem}"
                )


def _outbox(request: Any) -> Iterator[Finding]:
    """Messages that nobody delivers, and those that could not be delivered."""
    model = request.oauth.models.OutboxMessage
    counts = {
        ("W401", "are overdue: is `pyramid-oauth outbox run` at work?"): (
            model.due_at < now() - OVERDUE
        ),
        ("W402", "were given up; see `pyramid-oauth outbox list --dead`"): (
            model.dead_at.is_not(None)
        ),
    }
    for (number, told), clause in counts.items():
        count = request.oauth.session.scalar(
            select(func.count()).select_from(model).where(clause)
        )
        if count:
            yield Finding(number, f"{count} outbound messages {told}")
