"""The transaction policy of the fast session."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.fast_session.transaction_policy import TransactionPolicy
from pyramid_oauth.server import SERVER
from pyramid_oauth.tree import Endpoint
from tests.support.host import SETTINGS


def find_declared_endpoints(configure=lambda config: None):
    """The endpoints of a server, with what each writes."""
    config = Configurator(settings=SETTINGS)
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    configure(config)
    config.commit()
    return config.registry[SERVER].endpoints


ENDPOINTS = find_declared_endpoints()


def create_policy(endpoints, *, is_single_statement=False):
    """A policy for the prefix `/oauth`; it says which requests need a transaction."""
    policy = TransactionPolicy("/oauth")
    policy.settle(endpoints, at_once=is_single_statement)
    return policy


needs_transaction = create_policy(ENDPOINTS)
needs_transaction_with_single_statements = create_policy(
    ENDPOINTS, is_single_statement=True
)


@pytest.mark.parametrize(
    ("body", "is_needed"),
    [
        ("grant_type=client_credentials&client_id=a", False),
        ("grant_type=refresh_token&x_grant_type=client_credentials", True),
        ("grant_type=refresh_token&scope=grant_type%3Dclient_credentials", True),
        ("grant_type=client_credentials&grant_type=refresh_token", True),
        ("grant_type=authorization_code", True),
    ],
)
def test_only_the_single_row_grant_needs_no_transaction(body, is_needed):
    request = Request.blank("/oauth/token", POST=body)
    assert needs_transaction(request.environ) is is_needed


@pytest.mark.parametrize(
    ("body", "is_needed"),
    [
        ("grant_type=client_credentials&client_id=a", False),
        ("grant_type=refresh_token&client_id=a", False),
        ("client_id=a&grant_type=authorization_code", False),
        ("grant_type=password", True),
        ("grant_type=refresh_token&grant_type=password", True),
        ("grant%5Ftype=refresh_token", True),
        ("grant_type=", True),
        ("", True),
    ],
)
def test_more_grants_need_no_transaction_where_one_statement_writes_all(
    body, is_needed
):
    request = Request.blank("/oauth/token", POST=body)
    assert needs_transaction_with_single_statements(request.environ) is is_needed


@pytest.mark.parametrize(
    ("query", "is_needed"),
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
def test_an_authorization_request_for_a_code_needs_no_transaction(query, is_needed):
    assert (
        needs_transaction(Request.blank(f"/oauth/authorize?{query}").environ)
        is is_needed
    )


@pytest.mark.parametrize(
    "path", ["/oauth//authorize/x", "/oauth/./authorize/x", "/oauth/a/../authorize/x"]
)
def test_dot_segments_before_a_writing_endpoint_need_a_transaction(path):
    assert needs_transaction(Request.blank(path).environ) is True


def test_the_view_can_read_a_body_that_the_policy_read():
    request = Request.blank("/oauth/token", POST="grant_type=refresh_token&a=b")
    assert needs_transaction(request.environ) is True
    assert request.POST.mixed() == {"grant_type": "refresh_token", "a": "b"}


def test_resuming_a_request_needs_a_transaction_and_introspection_none():
    assert (
        needs_transaction(Request.blank("/oauth/authorize/" + "x" * 43).environ) is True
    )
    assert (
        needs_transaction(Request.blank("/oauth/introspect", POST="a=b").environ)
        is False
    )


def test_the_policy_follows_what_grants_and_endpoints_of_a_host_declare():
    def configure(config):
        config.add_oauth_grant("urn:x", lambda server: None, writes=Writes.ONE_ROW)
        config.add_oauth_endpoint("read-only", Endpoint, writes=Writes.NONE)
        config.add_oauth_endpoint("writing", Endpoint)

    policy = create_policy(find_declared_endpoints(configure))
    body = "grant_type=urn:x&client_id=a"
    assert policy(Request.blank("/oauth/token", POST=body).environ) is False
    assert policy(Request.blank("/oauth/read-only", POST="a=b").environ) is False
    assert policy(Request.blank("/oauth/writing").environ) is True
