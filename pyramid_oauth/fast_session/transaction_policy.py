"""The transaction policy: whether a request needs a transaction.

Requests that only read run in autocommit, and so do requests that write by a single
statement. Endpoints and grants declare their writes (`writes=` of `add_oauth_endpoint`
and `add_oauth_grant`). The session asks at the first statement, when traversal has
found the endpoint and the token endpoint its grant. On other paths only our own SELECTs
of safe methods have no transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any
from wsgiref.types import WSGIEnvironment

from sqlalchemy import Select

from pyramid_oauth.config.registry import (
    EndpointRegistration,
    RequestOutline,
    Writes,
)
from pyramid_oauth.database import GRANT_TYPE
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.tree import AuthorizationServer

MOST_DECISIONS = 256
"""The most decisions about requests without a query that are kept."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

DECIDED = "fast_session.decided"
"""The key of a session's `info` for the decision by a rule, after what it is for."""


class TransactionPolicy:
    """Whether a request needs a transaction.

    Args:
        endpoints: The endpoints of the tree, by name.
        at_once: Whether the engine writes to several tables by one statement.
        repeatable_grants: The grant types whose requests may run twice.
    """

    def __init__(
        self,
        endpoints: Mapping[str, EndpointRegistration],
        *,
        at_once: bool = False,
        repeatable_grants: frozenset[str] = frozenset(),
    ) -> None:
        self._writes_at_once = at_once
        self._repeatable_grants = repeatable_grants
        self._constant: dict[str, bool] = {}
        self._rules: dict[str, Callable[[RequestOutline], Writes]] = {}
        for name, endpoint in endpoints.items():
            if isinstance(endpoint.writes, Writes):
                self._constant[name] = self._needs_transaction(endpoint.writes)
            else:
                self._rules[name] = endpoint.writes
        self._decide_by_path = lru_cache(MOST_DECISIONS)(self._decide_without_query)

    def needs_transaction(
        self, request: Request, info: MutableMapping[str, Any], statement: object
    ) -> bool:
        """Return whether a statement of a request needs a transaction.

        Args:
            request: The request; its traversal may have found an endpoint.
            info: What is known of its session, such as the grant type. It keeps the
                decision for the next statements.
            statement: The statement, or None for the ORM.
        """
        name, is_child = _find_endpoint(request)
        constant = self._constant.get(name)
        if constant is not None:
            return constant
        if name not in self._rules:
            return not (isinstance(statement, Select) and _only_reads(request))
        given = info.get(GRANT_TYPE)
        asked = name, is_child, given if isinstance(given, str) else None
        known, decision = info.get(DECIDED, (None, False))
        if known != asked:
            decision = self._decide(request.environ, *asked)
            info[DECIDED] = asked, decision
        return bool(decision)

    def _decide(
        self,
        environ: WSGIEnvironment,
        name: str,
        is_child: bool,
        grant_type: str | None,
    ) -> bool:
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        if not query:
            return self._decide_by_path(name, method, is_child, grant_type)
        outline = RequestOutline(method, is_child, _parameters(query), grant_type)
        return self._needs_transaction(self._rules[name](outline))

    def _decide_without_query(
        self, name: str, method: str, is_child: bool, grant_type: str | None
    ) -> bool:
        outline = RequestOutline(method, is_child, {}, grant_type)
        return self._needs_transaction(self._rules[name](outline))

    def may_write_again(self, info: Mapping[str, object]) -> bool:
        """Whether a write in autocommit may be repeated if its outcome is unknown.

        A code is used up, and whether it was is unknown where the connection was cut.
        """
        return info.get(GRANT_TYPE) in self._repeatable_grants

    def _needs_transaction(self, writes: Writes) -> bool:
        if writes is Writes.ONE_STATEMENT:
            return not self._writes_at_once
        return writes is Writes.MANY


def _only_reads(request: Request) -> bool:
    """Whether a request has a safe method; those of scripts have one by default."""
    return request.method in SAFE and "tm.manager" in request.environ


def _find_endpoint(request: Request) -> tuple[str, bool]:
    """Return the name of the endpoint, and whether a child of it was found."""
    node, is_child = getattr(request, "context", None), False
    while node is not None:
        parent = getattr(node, "__parent__", None)
        if isinstance(parent, AuthorizationServer):
            return node.__name__ or "", is_child
        node, is_child = parent, True
    return "", False


def _parameters(raw: str) -> dict[str, str]:
    """Return the undecoded parameters; none if a name is encoded or repeated."""
    pairs = [part.partition("=") for part in raw.split("&")]
    found = {name: value for name, _, value in pairs}
    names = "".join(found)
    if len(found) < len(pairs) or "%" in names or "+" in names:
        return {}
    return found
