"""The rate limit of pushed authorization requests."""

from __future__ import annotations

import pytest

from pyramid_oauth import events
from tests.support.host import build_authorization_request
from tests.support.pushing import PAR, PATH, push, register_public

LIMIT = {"pushed_request_limit": "2", "pushed_request_window": "30"}


@pytest.mark.spec(PAR, "2.3")
def test_too_many_pushes_of_a_client_are_refused(new_host):
    host = new_host(**LIMIT)
    client, other = host.register_client(), host.register_client(client_id="other")
    assert [push(host, client).status_int for _ in range(4)] == [201, 201, 429, 429]
    answer = push(host, client, 429)
    assert answer.json["error"] == "temporarily_unavailable"
    assert 1 <= int(answer.headers["Retry-After"]) <= 30
    assert push(host, other).status_int == 201, "another client has its own limit"


def test_the_limit_holds_for_one_window(new_host, frozen_clock):
    host = new_host(**LIMIT)
    client = host.register_client()
    assert [push(host, client).status_int for _ in range(3)] == [201, 201, 429]
    frozen_clock.advance(31)
    assert push(host, client).status_int == 201


def test_refused_pushes_count_too(new_host):
    host = new_host(**LIMIT)
    client = host.register_client()
    for _ in range(2):
        push(host, client, 400, scope="unknown")
    push(host, client, 429)


def test_strangers_cannot_use_up_the_limit_of_a_confidential_client(new_host):
    host = new_host(**LIMIT)
    client = host.register_client()
    wrong = {**client, "client_secret": "wrong"}
    for _ in range(3):
        push(host, wrong, 401)
    assert push(host, client).status_int == 201


def test_a_public_client_has_a_limit_at_each_source(new_host):
    host = new_host(**LIMIT)
    client = register_public(host)

    def push_from(address):
        browser = host.browser()
        browser.extra_environ["REMOTE_ADDR"] = address
        form = {**build_authorization_request(client_id=None), **client}
        return browser.post(PATH, form, expect_errors=True).status_int

    assert [push_from("192.0.2.1") for _ in range(3)] == [201, 201, 429]
    assert push_from("192.0.2.2") == 201


def test_a_refused_push_is_an_event(new_host):
    throttled = []
    host = new_host(
        configure=lambda config: config.add_subscriber(
            throttled.append, events.RequestThrottled
        ),
        **LIMIT,
    )
    client = host.register_client()
    for _ in range(3):
        push(host, client)
    assert [(event.limit, event.client_id) for event in throttled] == [("push", "web")]
