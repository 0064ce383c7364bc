"""`check`: what is unsafe or missing, before the server goes live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import func, inspect, select

from pyramid_oauth import database
from pyramid_oauth.clients.validation import standing_errors
from pyramid_oauth.clock import now
from pyramid_oauth.keystore.key_ring import KeyRing, State
from pyramid_oauth.keystore.rotation import plan
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.scripts import environment, migrations
from pyramid_oauth.scripts.environment import open_application
from pyramid_oauth.scripts.keys import keys_of
from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.settings.checks import CHECKS, Finding, Severity


@click.command()
@environment.ini
@environment.as_json
def check(ini: str, as_json: bool) -> None:
    """Look for unsafe settings and missing tables; exit 1 where there is an error."""
    with open_application(ini) as request:
        found = [
            *request.registry[CHECKS].findings(),
            *database_findings(request, ini),
        ]
    if as_json:
        environment.show_json([vars(finding) for finding in found])
    else:
        for finding in found:
            click.echo(str(finding))
        click.echo(_sum(found))
    if any(finding.is_error for finding in found):
        raise click.exceptions.Exit(1)


def _error(number: str, text: str) -> Finding:
    return Finding(number, text, Severity.ERROR)


def _sum(found: list[Finding]) -> str:
    errors = sum(finding.is_error for finding in found)
    return f"{errors} errors, {len(found) - errors} warnings"


COMMANDS = (check,)

OVERDUE = timedelta(minutes=5)
"""How late a delivery may be before somebody should look."""


def database_findings(request: Any, ini: str) -> Iterator[Finding]:
    """The findings of the database behind `request`."""
    connection = database.connection(request.oauth.session)
    missing = list(_missing_tables(connection, request.oauth.models))
    yield from missing
    if migrations.is_standalone(ini):
        yield from _behind(connection)
    if not missing:
        yield from _applications(request)
        yield from _outbox(request)
        yield from key_findings(request)


def _missing_tables(connection: Any, models: Any) -> Iterator[Finding]:
    inspector = inspect(connection)
    for table in models.tables:
        if not inspector.has_table(table.name, schema=table.schema):
            yield _error("E201", f"the table {table.fullname} is missing; upgrade")
            continue
        found = inspector.get_columns(table.name, schema=table.schema)
        names = {column["name"] for column in found}
        for column in table.columns:
            if column.name not in names:
                yield _error(
                    "E202", f"{table.fullname} lacks the column {column.name}; upgrade"
                )


def _behind(connection: Any) -> Iterator[Finding]:
    has, needs = migrations.revisions(connection)
    if has != needs:
        yield _error(
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


LATE = timedelta(days=2)
"""How late a rotation may be that runs daily."""


def key_findings(request: Any) -> Iterator[Finding]:
    """The findings about keys; none where the server is no OpenID Provider."""
    server = request.oauth.server
    if server.ring is None:
        return
    ring = server.ring.current(lambda: request.oauth.session)
    yield from _missing_keys(ring, server.settings[KeystoreSettings].signing_algorithms)
    yield from _unusable(ring)
    if key_encryption_keys(server.settings):
        yield from _overdue(request)


def _missing_keys(ring: KeyRing, algorithms: tuple[str, ...]) -> Iterator[Finding]:
    active = {key.alg for key in ring if key.state is State.ACTIVE}
    for alg in algorithms:
        if alg not in active:
            yield _error(
                "E211",
                f"there is no active key for {alg}; run pyramid-oauth keys rotate, or "
                "name one in signing_key_files or signers",
            )


def _unusable(ring: KeyRing) -> Iterator[Finding]:
    for key in ring:
        in_use = key.state in (State.ACTIVE, State.NEXT)
        if in_use and key.private is None and key.signer is None:
            yield _error(
                "E212",
                f"the private half of the key {key.kid} cannot be opened; was "
                "pyramid_oauth.key_encryption_keys or pyramid_oauth.secret changed?",
            )


def _overdue(request: Any) -> Iterator[Finding]:
    found = keys_of(request)
    if plan(now() - LATE, found.store.records(), found.intervals):
        yield Finding(
            "W311", "pyramid-oauth keys rotate is overdue; it should run daily"
        )
