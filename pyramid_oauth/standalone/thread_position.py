"""Where a thread is: in which function of ours, and for what it waits.

No specification. It reads the frames of another thread, so that a request that is quick
pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import QueuePool

import pyramid_oauth
from pyramid_oauth.fast_session import transaction_policy
from pyramid_oauth.fast_session.connection import DirectConnection
from pyramid_oauth.standalone import body_limit

PACKAGE = Path(pyramid_oauth.__file__).parent

LONGEST_STATEMENT = 300
"""Characters of a statement in the log; it has no parameters."""

PASSED_BY = ("database.py", "fast_session/", "standalone/running_requests.py")
"""Files that every request goes through: they say nothing about it."""


@dataclass(frozen=True)
class Position:
    """Where a thread is.

    Attributes:
        place: file, line and function of this package.
        waits_for: what it waits for, or "".
        link: the driver's connection that it waits at, or None.
    """

    place: str
    waits_for: str = ""
    link: Any = None

    def __str__(self) -> str:
        if not self.waits_for:
            return f"in {self.place}"
        return f"waits for {self.waits_for}, in {self.place}"


def find_position(frame: FrameType | None) -> Position:
    """Return the position of the thread whose innermost frame is `frame`."""
    place, waits_for, link = "", "", None
    while frame is not None and not (place and waits_for):
        describe = WAITS.get(frame.f_code)
        if describe is not None and not waits_for:
            variables = frame.f_locals
            waits_for = describe(variables)
            link = _link_of(variables.get("self"))
        place = place or _place_of(frame)
        frame = frame.f_back
    return Position(place or "another library", waits_for, link)


def _place_of(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(PACKAGE):
        return ""
    name = path.relative_to(PACKAGE).as_posix()
    if name.startswith(PASSED_BY):
        return ""
    return f"{name}:{frame.f_lineno} {frame.f_code.co_name}"


def _link_of(owner: Any) -> Any:
    """Return the driver's connection of a Connection of SQLAlchemy."""
    if not isinstance(owner, Connection):
        return None
    # The property `connection` would connect anew.
    pooled = owner._dbapi_connection
    return None if pooled is None else pooled.dbapi_connection


def _statement(text: str) -> str:
    return f"the database: {' '.join(text.split())[:LONGEST_STATEMENT]}"


BODY = "the body of the request"

WAITS: dict[CodeType, Callable[[Any], str]] = {
    DirectConnection._run.__code__: lambda found: _statement(found["plan"].text),
    Connection._exec_single_context.__code__: (
        lambda found: _statement(found["context"].statement or "a statement")
    ),
    Connection._commit_impl.__code__: lambda found: _statement("COMMIT"),
    Connection._rollback_impl.__code__: lambda found: _statement("ROLLBACK"),
    DefaultDialect.connect.__code__: lambda found: "a new connection to the database",
    QueuePool._do_get.__code__: lambda found: "a connection of the pool",
    transaction_policy._peek_body.__code__: lambda found: BODY,
    body_limit._read.__code__: lambda found: BODY,
}
"""What a thread waits for that is in one of these functions; the innermost counts."""
