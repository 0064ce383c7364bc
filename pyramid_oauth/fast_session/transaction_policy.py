"""Which requests need a transaction: decided before the request runs.

What only reads (introspection, GETs with a bearer token, metadata) runs in autocommit,
and so does what writes by a single statement, which is its transaction. That is the
client credentials grant, an authorization request for a code and nothing else, and on
PostgreSQL the use of a code or refresh token, whose tokens are stored with it.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

WRITING_GET = ("authorize", "end_session")
"""Endpoints whose GET leaves something behind: a pending request, a code, a logout."""

READING_POST = ("introspect", "userinfo")
"""Endpoints whose POST is only a question."""

DETOUR = re.compile(r"//|/\.\.?/")
"""What traversal passes over, so that a path is not known by its beginning."""

ONE_ROW = (b"client_credentials",)
"""Grants that write one row."""

ONE_STATEMENT = (*ONE_ROW, b"authorization_code", b"refresh_token")
"""Grants that write by one statement, where the engine can (`records.consumption`).

Others may follow it, each complete in itself: the revocation after a replay.
"""

MORE = ("request", "request_uri")
"""Parameters behind which others stand, such as another response type."""

SMALL = 4096
"""Bytes of a body that is looked into."""

DECISION = "standalone.writes"


class TransactionPolicy:
    """Whether a request needs a transaction; made for one prefix of the endpoints.

    `at_once`: the engine writes to several tables by one statement.
    """

    def __init__(self, prefix: str, *, at_once: bool) -> None:
        self.at_once = at_once
        base = "/" + prefix.strip("/") if prefix.strip("/") else ""
        self._writing_get = tuple(f"{base}/{name}" for name in WRITING_GET)
        self._reading_post = frozenset(f"{base}/{name}" for name in READING_POST)
        self._token = f"{base}/token"
        self._authorize = f"{base}/authorize"

    def __call__(self, environ: dict[str, Any]) -> bool:
        """True for every request that is not known to do without."""
        if DECISION not in environ:
            environ[DECISION] = self._decided(environ)
        return bool(environ[DECISION])

    def _decided(self, environ: dict[str, Any]) -> bool:
        path: str = environ.get("PATH_INFO", "").rstrip("/")
        if DETOUR.search(path):
            return True
        if environ["REQUEST_METHOD"] not in SAFE:
            if path == self._token:
                alone = ONE_STATEMENT if self.at_once else ONE_ROW
                return _grant_type(environ) not in alone
            return path not in self._reading_post
        if path == self._authorize:
            return not _is_for_code_alone(environ)
        return path.startswith(self._writing_get)


def _grant_type(environ: dict[str, Any]) -> bytes:
    parameters = _peeked(environ).split(b"&")
    found = [each for each in parameters if each.startswith(b"grant_type=")]
    return found[0].removeprefix(b"grant_type=") if len(found) == 1 else b""


def _peeked(environ: dict[str, Any]) -> bytes:
    """The body, if it is small; WebOb, or whoever reads it next, finds it again."""
    length: str = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > SMALL:
        return b""
    stream = environ["wsgi.input"]
    if environ.get("webob.is_body_seekable"):
        stream.seek(0)
    body: bytes = stream.read(int(length))
    environ["wsgi.input"], environ["webob.is_body_seekable"] = BytesIO(body), True
    return body


def _is_for_code_alone(environ: dict[str, Any]) -> bool:
    query: str = environ.get("QUERY_STRING", "")
    parameters = query.split("&")
    names = {parameter.partition("=")[0] for parameter in parameters}
    if any("%" in name or name in MORE for name in names):
        return False
    return "response_type=code" in parameters
