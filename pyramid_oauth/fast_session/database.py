"""The two engines behind `request.dbsession`, and the connections of the threads."""

from __future__ import annotations

import threading
from time import monotonic
from weakref import WeakSet

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from pyramid_oauth.fast_session.outages import DatabaseStalled

NOT_ASKED = "it does not answer at present, and was not asked"

HELD_FOR = 60.0
"""Seconds after which a thread exchanges its connection."""


class Database:
    """Two engines on one database: `writer` for transactions, `reader` for autocommit.

    There are two because changing the isolation level of one connection at each
    request costs more than a second connection in the pool.

    Attributes:
        is_stalled: whether it is known not to answer. It is not asked then, so that
            threads stay free for what needs no database.
    """

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self.is_stalled = False
        self.writer = writer
        self.reader = reader
        self._held = threading.local()
        self._all_held: WeakSet[Connection] = WeakSet()

    def writing(self) -> Session:
        """Return a new session on a connection from the pool.

        Raises:
            DatabaseStalled: the database is known not to answer.
        """
        if self.is_stalled:
            raise DatabaseStalled(NOT_ASKED)
        # It ends with its transaction; what was loaded may be shown afterwards.
        return Session(self.writer, expire_on_commit=False)

    def reading(self) -> Connection:
        """Return this thread's connection in autocommit.

        The thread keeps it across requests, because autocommit leaves no state. It is
        exchanged after HELD_FOR seconds, so that the pool can recycle it.

        Raises:
            DatabaseStalled: the database is known not to answer.
        """
        if self.is_stalled:
            raise DatabaseStalled(NOT_ASKED)
        held: Connection | None = getattr(self._held, "connection", None)
        if (
            held is None
            or held.closed
            or held.invalidated
            or self._held.until < monotonic()
        ):
            held = self._replace(held)
        return held

    def _replace(self, held: Connection | None) -> Connection:
        if held is not None:
            held.close()
        fresh = self.reader.connect()
        self._held.connection, self._held.until = fresh, monotonic() + HELD_FOR
        self._all_held.add(fresh)
        return fresh

    def dispose(self) -> None:
        """Close the pooled connections, and those that threads hold."""
        for held in list(self._all_held):
            held.close()
        self.writer.dispose()
        self.reader.dispose()
