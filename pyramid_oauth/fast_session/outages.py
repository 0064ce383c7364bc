"""Outages of the database: what fails for now, through no fault of the request.

The errors are marked, so that they are answered with 503 and `Retry-After` (RFC 9110
section 15.6.4), not with 500. A request that may run twice is tried again where its
connection was cut, or led to a server that became read-only, or where the database
rolled its statement back.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Protocol

from pyramid.interfaces import IException
from pyramid_retry import mark_error_retryable
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from zope.interface import alsoProvides, implementer

TEMPORARY = ("08", "40", "53", "57P", "57014", "55P03", "25006", "25P03")
"""SQLSTATE, or what it begins with, of errors that pass (PostgreSQL Appendix A).

Connections, rolled back transactions, insufficient resources, an operator's
intervention, time limits of statements and locks, a server that is read-only, and a
transaction that idled for too long.
"""

ROLLED_BACK = "40"
"""What asks for a new attempt; nothing was done."""

READ_ONLY = "25006"

LOST_PREPARED_STATEMENTS = ("26000", "42P05")
"""A pooler has exchanged the session of the database below the connection.

The driver's prepared statements are unknown there, or those of somebody else.
"""


class IDatabaseOutage(IException):  # type: ignore[misc]
    """Marker of an error that passes; a context of exception views."""


class IConnectionCut(IDatabaseOutage):
    """Marker of an error that another connection may not have.

    Whether the statement took effect is unknown.
    """


@implementer(IDatabaseOutage)
class DatabaseStalled(SQLAlchemyError):
    """The database is known not to answer, so that it was not asked."""


def watch_outages(engine: Engine) -> None:
    """Mark the errors of `engine` that pass, and drop connections that are read-only.

    After a failover a connection may lead to what is a standby now. It leaves the
    pool, and the next one is made anew.
    """
    if not event.contains(engine, "handle_error", _mark):
        event.listen(engine, "handle_error", _mark)


def sqlstate(error: BaseException | None) -> str:
    """The SQLSTATE of a driver's error (psycopg, psycopg2), or ""."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state or ""


def _mark(context: ExceptionContext) -> None:
    error, original = context.sqlalchemy_exception, context.original_exception
    if error is None:
        return
    state = sqlstate(original)
    if state == READ_ONLY or state in LOST_PREPARED_STATEMENTS:
        context.is_disconnect = True
    # SQLite: another writer holds the lock for longer than busy_timeout.
    is_busy = getattr(original, "sqlite_errorname", "").startswith("SQLITE_BUSY")
    if is_busy or state.startswith(ROLLED_BACK):
        mark_error_retryable(error)
    if context.is_disconnect:
        alsoProvides(error, IConnectionCut)
    elif is_busy or context.connection is None or state.startswith(TEMPORARY):
        # Without a connection it was the attempt to connect that failed.
        alsoProvides(error, IDatabaseOutage)


def may_pass(error: BaseException) -> bool:
    """Whether another attempt at once may succeed.

    A connection was cut, or the database rolled the statement back (class 40).
    """
    if IConnectionCut.providedBy(error):
        return True
    return sqlstate(getattr(error, "orig", None)).startswith(ROLLED_BACK)


class DriverConnection(Protocol):
    """A connection of psycopg or psycopg2."""

    def fileno(self) -> int:
        """Return the number of its socket."""


def cut_connection(link: DriverConnection) -> bool:
    """End the network connection of a driver's connection, from another thread.

    The thread that waits for an answer gets an error of the driver at once, which no
    cancellation gives it where the database does not answer at all.

    Args:
        link: a connection of psycopg or psycopg2.

    Returns:
        Whether there was a connection to end.
    """
    with suppress(OSError, AttributeError):
        # The number belongs to the driver; a duplicate ends the same connection.
        with socket.socket(fileno=os.dup(link.fileno())) as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)
        return True
    return False
