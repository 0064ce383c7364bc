"""Findings of `check` about tables, applications, keys, the outbox and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, inspect, select

from pyramid_oauth import database
from pyramid_oauth.clients.validation import application_errors
from pyramid_oauth.clock import now
from pyramid_oauth.keystore.key_ring import KeyRing, State
from pyramid_oauth.keystore.rotation import plan
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.models import Models
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.repositories.database_clock import FROZEN, DatabaseTime
from pyramid_oauth.scripts import migrations
from pyramid_oauth.scripts.keys import get_keys
from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.settings.checks import Finding, Severity
from pyramid_oauth.standalone.mail import has_mail, needs_worker
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.settings import OPEN, StandaloneSettings
from pyramid_oauth.typing import OAuthRequest


def _error(number: str, text: str) -> Finding:
    return Finding(number, text, Severity.ERROR)


DELIVERY_GRACE = timedelta(minutes=5)
"""How late a delivery may be before it is reported."""


def database_findings(request: OAuthRequest, ini: str) -> Iterator[Finding]:
    """Yield the findings about the database of `request`."""
    connection = database.connection(request.oauth.session)
    yield from _check_clock(connection)
    missing = list(_check_tables(connection, request.oauth.models))
    yield from missing
    if migrations.is_standalone(ini):
        yield from _check_revision(connection)
        yield from _check_users(request)
        yield from _check_mail(request)
    if not missing:
        yield from _check_applications(request)
        yield from _check_outbox(request)
        yield from key_findings(request)


CLOCK_TOLERANCE = timedelta(seconds=2)
"""How far the clock of this machine may be from that of the database."""


def _check_clock(connection: Connection) -> Iterator[Finding]:
    """Report a clock that differs from the database's by more than the query took."""
    started_at = now()
    database_time: datetime = connection.scalar(select(DatabaseTime()), {FROZEN: None})
    difference = max(started_at - database_time, database_time - now())
    if difference > CLOCK_TOLERANCE:
        yield Finding(
            "W331",
            f"the clock of this machine and that of the database differ by "
            f"{difference.total_seconds():.1f} seconds; run NTP on both",
        )


def _check_tables(connection: Connection, models: Models) -> Iterator[Finding]:
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


def _check_revision(connection: Connection) -> Iterator[Finding]:
    has, needs = migrations.revisions(connection)
    if has != needs:
        yield _error(
            "E203",
            f"the database is at revision {_join(has)}, the package at "
            f"{_join(needs)}; run pyramid-oauth upgrade",
        )


def _check_users(request: OAuthRequest) -> Iterator[Finding]:
    """Report that nobody can log in."""
    options: StandaloneSettings = request.registry["standalone.options"]
    session = request.oauth.session
    exists = inspect(database.connection(session)).has_table(User.__tablename__)
    is_open = options.sign_up == OPEN
    if exists and not is_open and session.scalar(select(User.username)) is None:
        yield Finding(
            "W321",
            "there is no user, and standalone.sign_up is not open: nobody can log in; "
            "see pyramid-oauth user create and invite",
        )


def _check_mail(request: OAuthRequest) -> Iterator[Finding]:
    """Say that another process sends the mail; whether it runs, W401 tells."""
    section = request.oauth.settings[OutboxSettings]
    if has_mail(request.registry) and needs_worker(section):
        yield Finding(
            "W403",
            "mail is sent only while `pyramid-oauth outbox run` runs, since "
            "outbox_in_process is off",
        )


def _join(revisions: set[str]) -> str:
    return ", ".join(sorted(revisions)) or "none"


def _check_applications(request: OAuthRequest) -> Iterator[Finding]:
    """Yield the stored applications that the current rules refuse."""
    server, model = request.oauth.server, request.oauth.models.Application
    statement = select(model).order_by(model.client_id)
    found = request.oauth.session.scalars(statement.execution_options(yield_per=200))
    for application in found:
        for field, problems in application_errors(server, application).items():
            for problem in problems:
                yield Finding(
                    "W301", f"application {application.client_id}: {field}: {problem}"
                )


def _check_outbox(request: OAuthRequest) -> Iterator[Finding]:
    """Yield the counts of overdue and of undeliverable messages."""
    model = request.oauth.models.OutboxMessage
    counts = {
        ("W401", "are overdue: is `pyramid-oauth outbox run` running?"): (
            model.due_at < now() - DELIVERY_GRACE
        ),
        ("W402", "were given up; see `pyramid-oauth outbox list --dead`"): (
            model.dead_at.is_not(None)
        ),
    }
    for (number, text), clause in counts.items():
        count = request.oauth.session.scalar(
            select(func.count()).select_from(model).where(clause)
        )
        if count:
            yield Finding(number, f"{count} outbound messages {text}")


ROTATION_GRACE = timedelta(days=2)
"""How late the daily key rotation may be before it is reported."""


def key_findings(request: OAuthRequest) -> Iterator[Finding]:
    """Yield the findings about keys; a server without key ring has none."""
    server = request.oauth.server
    if server.ring is None:
        return
    ring = server.ring.current(lambda: request.oauth.session)
    yield from _check_algorithms(
        ring, server.settings[KeystoreSettings].signing_algorithms
    )
    yield from _check_private_keys(ring)
    if key_encryption_keys(server.settings):
        yield from _check_rotation(request)


def _check_algorithms(ring: KeyRing, algorithms: tuple[str, ...]) -> Iterator[Finding]:
    active = {key.alg for key in ring if key.state is State.ACTIVE}
    for alg in algorithms:
        if alg not in active:
            yield _error(
                "E211",
                f"there is no active key for {alg}; run pyramid-oauth keys rotate, or "
                "name one in signing_key_files or signers",
            )


def _check_private_keys(ring: KeyRing) -> Iterator[Finding]:
    for key in ring:
        in_use = key.state in (State.ACTIVE, State.NEXT)
        if in_use and key.private is None and key.signer is None:
            yield _error(
                "E212",
                f"the private key {key.kid} cannot be decrypted; was "
                "pyramid_oauth.key_encryption_keys or pyramid_oauth.secret changed?",
            )


def _check_rotation(request: OAuthRequest) -> Iterator[Finding]:
    found = get_keys(request)
    if plan(now() - ROTATION_GRACE, found.store.records(), found.intervals):
        yield Finding(
            "W311", "pyramid-oauth keys rotate is overdue; it should run daily"
        )
