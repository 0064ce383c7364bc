"""The transaction policy: whether a request needs a transaction.

Requests that only read run in autocommit, and so do requests that write by a single
statement. Endpoints and grants declare their writes (`writes=` of `add_oauth_endpoint`
and `add_oauth_grant`); on other paths only safe methods run without a transaction. The
policy decides before the request runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from pyramid_oauth.config.registry import (
    EndpointRegistration,
    RequestOutline,
    Writes,
)
from pyramid_oauth.interfaces.request import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

UNRESOLVED = re.compile(r"//|/\.\.?/")
"""Segments that traversal resolves, so that the prefix does not identify the path."""

MAX_PEEKED_BYTES = 4096
"""The largest body, in bytes, that the policy reads."""

DECISION = "fast_session.writes"


class TransactionPolicy:
    """Whether a request needs a transaction; made for one prefix of the endpoints."""

    def __init__(self, prefix: str) -> None:
        self._base = "/" + prefix.strip("/") + "/" if prefix.strip("/") else "/"
        self._known: dict[str, bool] = {}
        self._rules: dict[str, Callable[[RequestOutline], Writes]] = {}
        self._reading: frozenset[str] = frozenset()
        self._writes_at_once = False
        self._repeatable_grants: frozenset[str] = frozenset()

    def settle(
        self,
        endpoints: Mapping[str, EndpointRegistration],
        *,
        at_once: bool = False,
        repeatable_grants: frozenset[str] = frozenset(),
    ) -> None:
        """Take what the configuration has declared; before the first request.

        Args:
            endpoints: The endpoints of the tree, by name.
            at_once: Whether the engine writes to several tables by one statement.
            repeatable_grants: The grant types whose requests may run twice.
        """
        self._writes_at_once = at_once
        self._repeatable_grants = repeatable_grants
        for name, endpoint in endpoints.items():
            if isinstance(endpoint.writes, Writes):
                self._known[name] = self._needs_transaction(endpoint.writes)
            else:
                self._rules[name] = endpoint.writes
        self._reading = frozenset(
            name for name, each in endpoints.items() if each.writes is Writes.NONE
        )

    def __call__(self, environ: dict[str, Any]) -> bool:
        """Return True for every request that may need a transaction."""
        decision = environ[DECISION] = self._decide(environ)
        return decision

    def needs_transaction(self, request: Request) -> bool:
        """Return the decision about `request`, for `tm.activate_hook`."""
        environ = request.environ
        decision: bool | None = environ.get(DECISION)
        return self(environ) if decision is None else decision

    def _decide(self, environ: dict[str, Any]) -> bool:
        path: str = environ.get("PATH_INFO", "").rstrip("/")
        if ("//" in path or "/." in path) and UNRESOLVED.search(path):
            return True
        if path.startswith(self._base):
            name, slash, _ = path[len(self._base) :].partition("/")
            known = self._known.get(name)
            if known is not None:
                return known
            rule = self._rules.get(name)
            if rule is not None:
                outline = _outline(environ, is_child=bool(slash))
                return self._needs_transaction(rule(outline))
        return environ["REQUEST_METHOD"] not in SAFE

    def is_repeatable(self, environ: dict[str, Any]) -> bool:
        """Whether the request may run a second time, after the first one failed.

        Reading may. A token request may if its grant says so: a code is used up, and
        whether it was is unknown where the connection was cut.
        """
        if environ["REQUEST_METHOD"] in SAFE:
            return True
        name = environ.get("PATH_INFO", "").removeprefix(self._base).rstrip("/")
        body = _peek_body(environ)
        if not body:
            return False
        if name in self._reading:
            return True
        grant_type = _parameters(body.decode("latin-1")).get("grant_type")
        return name == "token" and grant_type in self._repeatable_grants

    def _needs_transaction(self, writes: Writes) -> bool:
        if writes is Writes.ONE_STATEMENT:
            return not self._writes_at_once
        return writes is Writes.MANY


def _outline(environ: dict[str, Any], *, is_child: bool) -> RequestOutline:
    method: str = environ["REQUEST_METHOD"]
    raw: str = environ.get("QUERY_STRING", "")
    if method not in SAFE:
        raw = _peek_body(environ).decode("latin-1")
    return RequestOutline(method, is_child, _parameters(raw))


def _parameters(raw: str) -> dict[str, str]:
    """Return the undecoded parameters; none if a name is encoded or repeated."""
    pairs = [part.partition("=") for part in raw.split("&")]
    parameters = {name: value for name, _, value in pairs}
    names = "".join(parameters)
    if len(parameters) < len(pairs) or "%" in names or "+" in names:
        return {}
    return parameters


def _peek_body(environ: dict[str, Any]) -> bytes:
    """Return the body, if it is small, and leave it readable for the next reader."""
    length: str = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or len(length) > 4 or int(length) > MAX_PEEKED_BYTES:
        return b""
    stream = environ["wsgi.input"]
    if environ.get("webob.is_body_seekable"):
        stream.seek(0)
    body: bytes = stream.read(int(length))
    environ["wsgi.input"], environ["webob.is_body_seekable"] = BytesIO(body), True
    return body
