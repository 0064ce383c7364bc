"""Where a thread is: in which function of ours, and for what it waits.

No specification. It reads the frames of another thread, so that quick requests have no
cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Connection

from pyramid_oauth import prepared_statements

PACKAGE = Path(__file__).parents[1]

LONGEST_STATEMENT = 300
"""Characters of a statement in the log; it has no parameters."""

PASSED_BY = ("database.py", "prepared_statements/", "fast_session/", "request_watch/")
"""Files that every request goes through; they do not tell where it is."""


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
        code = frame.f_code
        describe = WAITS.get((frame.f_globals.get("__name__", ""), code.co_qualname))
        if describe is not None and not waits_for:
            variables = frame.f_locals
            waits_for = describe(variables)
            link = _link_of(variables.get("self", variables.get("connection")))
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


def _link_of(owner: object) -> Any:  # noqa: ANN401 - a driver's
    """Return the driver's connection of a Connection of SQLAlchemy."""
    if not isinstance(owner, Connection) or owner.closed or owner.invalidated:
        return None
    return owner.connection.dbapi_connection


def _statement(text: str) -> str:
    return f"the database: {' '.join(text.split())[:LONGEST_STATEMENT]}"


BODY = "the body of the request"

SQLALCHEMY = "sqlalchemy.engine.base"

WAITS: dict[tuple[str, str], Callable[[Any], str]] = {
    (prepared_statements.__name__, "run"): (
        lambda found: _statement(found["plan"].text)
    ),
    (SQLALCHEMY, "Connection._exec_single_context"): (
        lambda found: _statement(found["context"].statement or "a statement")
    ),
    (SQLALCHEMY, "Connection._commit_impl"): lambda found: _statement("COMMIT"),
    (SQLALCHEMY, "Connection._rollback_impl"): lambda found: _statement("ROLLBACK"),
    ("sqlalchemy.engine.default", "DefaultDialect.connect"): (
        lambda found: "a new connection to the database"
    ),
    ("sqlalchemy.pool.impl", "QueuePool._do_get"): (
        lambda found: "a connection of the pool"
    ),
    ("pyramid_oauth.standalone.body_limit", "_read"): lambda found: BODY,
    ("pyramid_oauth.http.forms", "_read"): lambda found: BODY,
    ("webob.request", "LimitedLengthFile.readinto"): lambda found: BODY,
}
"""What a thread in a function waits for, by module and function; the innermost counts.

By name: if a release of SQLAlchemy has other functions, only the explanation is
missing.
"""
