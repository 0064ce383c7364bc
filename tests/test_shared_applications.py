"""Applications that tests share begin each test as they were after their start."""

from __future__ import annotations

import json
import math

import pytest
from pyramid.events import NewRequest
from pyramid.response import Response

from tests.support.host import CookiePolicy, Host, call_api, request_client_token
from tests.support.shared_applications import (
    Lease,
    NotShareable,
    SharedApplications,
    describe,
)


def add_counter(config):
    """Count visits in a closure, the registry, an object and a page's list."""
    visits = 0
    names = []
    config.registry["seen"] = {"names": names}

    def count(request):
        nonlocal visits
        visits += 1
        names.append(request.params["name"])
        request.registry.settings["last"] = names[-1]
        return Response(f"{visits} {','.join(names)} {len(request.registry.settings)}")

    config.add_route("count", "/count")
    config.add_view(count, route_name="count")


@pytest.fixture
def lend_host(tables_url):
    """Make a host of the next test, with the applications of the tests before it."""
    shared = SharedApplications()

    def lend(configure=add_counter, **settings):
        lease = Lease(shared, shares=True)
        host = Host(tables_url, configure, lease=lease, **settings)
        host.engine.dispose()
        lease.end()
        return host

    lend()  # the first of its kind is not kept
    return lend


def test_what_a_test_changes_in_memory_is_undone_for_the_next(lend_host):
    first = lend_host()
    answers = [first.browser().get(f"/count?name={n}").text for n in ("alice", "bob")]
    second = lend_host()
    assert second.wsgi is first.wsgi
    assert "last" not in second.wsgi.registry.settings
    again = [second.browser().get(f"/count?name={n}").text for n in ("alice", "bob")]
    assert again == answers


def test_a_client_that_was_cached_is_unknown_on_another_database(lend_host):
    first = lend_host()
    client = first.register_client()
    token = request_client_token(first, client).json["access_token"]
    assert call_api(first, token) == 200
    second = lend_host()
    with second.engine.begin() as connection:
        for table in reversed(second.models.metadata.sorted_tables):
            connection.execute(table.delete())
    assert second.wsgi is first.wsgi
    assert request_client_token(second, client).status_int == 401
    assert call_api(second, token) == 401


def test_an_application_with_a_further_subscriber_is_not_used_again(lend_host):
    first = lend_host()
    first.wsgi.registry.registerHandler(print, (NewRequest,))
    assert lend_host().wsgi is not first.wsgi


def test_applications_of_other_settings_are_not_shared(lend_host):
    first = lend_host(refresh_token_grace="1")
    assert lend_host(refresh_token_grace="2").wsgi is not first.wsgi


def test_two_hosts_of_one_test_have_an_application_each(new_host):
    hosts = [new_host() for _ in range(3)]
    assert len({host.wsgi for host in hosts}) == 3


def test_functions_are_alike_if_what_they_enclose_is_alike():
    def enclose(value):
        return lambda: value

    assert describe(enclose("a")) == describe(enclose("a"))
    assert describe(enclose(("a", None))) == describe(enclose(("a", None)))
    assert describe(enclose("a")) != describe(enclose("b"))
    assert describe(enclose(1)) != describe(enclose(True))
    assert describe(enclose(enclose("a"))) != describe(enclose(enclose("b")))


class Calls(list):
    """A list of the test."""


class Policy:
    """An object without contents, unless a test gives it some."""


def test_objects_without_contents_are_alike():
    assert describe(Policy()) == describe(Policy())
    assert describe(Policy()) != describe(CookiePolicy())


def test_a_module_is_like_itself_only():
    assert describe(lambda: json) != describe(lambda: math)
    assert describe((json,)) == describe((json,)) != describe((math,))


def policy_with_contents():
    policy = Policy()
    policy.calls = []
    return policy


@pytest.mark.parametrize(
    "value",
    [
        *([], Calls(), {"a": []}, object(), ("a", {"b": {"c"}})),
        policy_with_contents(),
    ],
    ids=[
        *("list", "kind of list", "list in a dictionary", "object", "set in a tuple"),
        "object with contents",
    ],
)
def test_what_may_belong_to_one_test_is_not_shared(value):
    with pytest.raises(NotShareable):
        describe(lambda: value)
