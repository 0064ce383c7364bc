"""The transaction policy of the fast session."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import insert, select

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.database import GRANT_TYPE
from pyramid_oauth.fast_session.transaction_policy import TransactionPolicy
from pyramid_oauth.server import SERVER
from pyramid_oauth.tree import AuthorizationServer, Endpoint
from tests.support.host import SETTINGS


def declared(configure=lambda config: None):
    """The registry of a server, with what its endpoints declare."""
    config = Configurator(settings=SETTINGS)
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    configure(config)
    config.commit()
    return config.registry


REGISTRY = declared()


def find(path, registry, method="GET"):
    """A request with the context that traversal finds."""
    request = Request.blank(path, method=method)
    request.registry = registry
    request.environ["tm.manager"] = object()
    request.context = found = AuthorizationServer("oauth", None, request)
    segments = request.path_info.removeprefix("/oauth/").split("/")
    for name in segments if request.path_info.startswith("/oauth/") else ():
        request.context = found = found[name]
    return request


class Policy:
    """A policy, asked about the request that traversal has found."""

    def __init__(self, registry, *, at_once=False):
        self._registry = registry
        endpoints = registry[SERVER].endpoints
        self._policy = TransactionPolicy(endpoints, at_once=at_once)

    def __call__(self, path, grant_type=None, method="GET", statement=None):
        request = find(path, self._registry, method)
        info = {} if grant_type is None else {GRANT_TYPE: grant_type}
        return self._policy.needs_transaction(request, info, statement)


writes_in_steps = Policy(REGISTRY)
writes_at_once = Policy(REGISTRY, at_once=True)


@pytest.mark.parametrize(
    ("grant_type", "in_steps", "at_once"),
    [
        ("client_credentials", False, False),
        ("refresh_token", True, False),
        ("authorization_code", True, False),
        ("password", True, True),
        (None, True, True),
    ],
)
def test_the_grant_decides_for_a_token_request(grant_type, in_steps, at_once):
    asked = "/oauth/token", grant_type, "POST"
    assert writes_in_steps(*asked) is in_steps
    assert writes_at_once(*asked) is at_once


@pytest.mark.parametrize(
    ("query", "writes"),
    [
        ("response_type=code&client_id=a", False),
        ("client_id=a&response_type=code&state=request", False),
        ("response_type=code+token&client_id=a", True),
        ("response_type=code%20id_token&client_id=a", True),
        ("response_type=token&client_id=a", True),
        ("response_type=code&request=e30.e30.", True),
        ("response_type=code&request_uri=https://client.example/r", True),
        ("response_type=code&%72equest=e30.e30.", True),
        ("state=response_type=code&client_id=a", True),
        ("client_id=a", True),
        ("", True),
    ],
)
def test_an_authorization_request_for_a_code_needs_no_transaction(query, writes):
    assert writes_in_steps(f"/oauth/authorize?{query}") is writes


def test_a_rule_decides_once_for_all_statements_of_a_request():
    asked = []

    def rule(outline):
        asked.append(outline.parameters)
        return Writes.ONE_ROW

    def host(config):
        config.add_oauth_endpoint("push", Endpoint, writes=rule)

    registry = declared(host)
    policy = TransactionPolicy(registry[SERVER].endpoints)
    request = find("/oauth/push?a=1", registry)
    info: dict[str, object] = {}
    assert policy.needs_transaction(request, info, None) is False
    assert policy.needs_transaction(request, info, None) is False
    assert asked == [{"a": "1"}]
    info[GRANT_TYPE] = "urn:x"
    assert policy.needs_transaction(request, info, None) is False
    assert len(asked) == 2


def test_a_resumed_request_may_write():
    assert writes_in_steps("/oauth/authorize/" + "x" * 43) is True


def test_a_read_only_endpoint_needs_no_transaction():
    assert writes_in_steps("/oauth/introspect", method="POST") is False


def test_elsewhere_only_our_selects_of_safe_methods_need_no_transaction():
    table = REGISTRY[SERVER].models.Application.__table__
    reads, writes = select(table), insert(table)
    assert writes_in_steps("/page", statement=reads) is False
    assert writes_in_steps("/page", method="POST", statement=reads) is True
    assert writes_in_steps("/page", statement=writes) is True
    assert writes_in_steps("/page") is True


def test_a_host_declares_what_its_grant_and_its_endpoint_write():
    def host(config):
        config.add_oauth_grant("urn:x", lambda server: None, writes=Writes.ONE_ROW)
        config.add_oauth_endpoint("look", Endpoint, writes=Writes.NONE)
        config.add_oauth_endpoint("push", Endpoint)

    policy = Policy(declared(host))
    assert policy("/oauth/token", "urn:x", "POST") is False
    assert policy("/oauth/look", method="POST") is False
    assert policy("/oauth/push") is True
