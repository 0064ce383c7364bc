"""Limits on the authorization requests that are stored before a login."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.support.host import build_authorization_request, parse_redirect
from tests.support.pushing import push, register_public

ADDRESS, OTHER_ADDRESS = "192.0.2.1", "192.0.2.2"
SIZE = "2048"
LARGE = "s" * 2048


def send_request(browser, address=ADDRESS, **changes):
    """Send a request that is stored until the user logs in again."""
    environ = {"REMOTE_ADDR": address}
    parameters = build_authorization_request(**{"prompt": "login", **changes})
    return browser.get(
        "/oauth/authorize", parameters, extra_environ=environ, status="*"
    )


def stored_parameters(host):
    with Session(host.engine) as session:
        query = session.query(host.models.AuthorizationRequest)
        return [request.parameters for request in query]


@pytest.mark.spec("RFC 6749", "3.1")
def test_only_registered_parameters_are_stored(host, client):
    answer = send_request(host.browser(), utm_source="x" * 4000, client_secret="hidden")
    assert answer.location.startswith("/login")
    assert stored_parameters(host) == [build_authorization_request(prompt="login")]


def test_a_request_that_is_too_large_to_be_stored_is_refused(new_host):
    host = new_host(authorization_request_size=SIZE)
    host.register_client()
    answer = parse_redirect(send_request(host.browser(), state=LARGE))
    assert (answer["error"], answer["state"]) == ("invalid_request", LARGE)
    assert "too large" in answer["error_description"]
    assert stored_parameters(host) == []


def test_a_request_that_is_not_stored_may_be_larger(new_host):
    host = new_host(authorization_request_size=SIZE)
    host.register_client(skip_authorization=True)
    browser = host.browser()
    browser.get("/login?name=alice")
    assert "code" in parse_redirect(
        browser.get("/oauth/authorize", build_authorization_request(state=LARGE))
    )


@pytest.mark.spec("RFC 9126", "2.3")
def test_a_pushed_request_that_is_too_large_is_refused(new_host):
    host = new_host(authorization_request_size=SIZE)
    answer = push(host, host.register_client(), 400, state=LARGE)
    assert answer.json["error"] == "invalid_request"
    assert stored_parameters(host) == []


@pytest.mark.spec("RFC 6585", "4")
def test_the_stored_requests_of_a_source_without_login_are_limited(new_host):
    host = new_host(pending_requests="3")
    host.register_client()
    for _ in range(3):
        assert send_request(host.browser()).status_int == 303
    answer = send_request(host.browser())
    assert answer.status_int == 429
    assert answer.content_type == "text/html"
    assert "temporarily_unavailable" in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    assert len(stored_parameters(host)) == 3
    assert send_request(host.browser(), OTHER_ADDRESS).status_int == 303


def test_a_source_may_store_again_when_its_requests_have_expired(
    new_host, frozen_clock
):
    host = new_host(pending_requests="1")
    host.register_client()
    assert send_request(host.browser()).status_int == 303
    assert send_request(host.browser()).status_int == 429
    frozen_clock.advance(901)
    assert send_request(host.browser()).status_int == 303


def test_requests_of_logged_in_users_are_not_limited(new_host):
    host = new_host(pending_requests="1")
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    for _ in range(3):
        assert send_request(browser).status_int == 303


@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.pending:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_without_a_limit_nothing_is_counted(new_host):
    host = new_host(pending_requests="0")
    host.register_client()
    send_request(host.browser())
    assert host.count("Throttle") == 0


def test_a_proxy_that_forwards_no_addresses_is_not_one_source(new_host):
    host = new_host(pending_requests="1")
    host.register_client()
    for _ in range(3):
        assert send_request(host.browser(), "127.0.0.1").status_int == 303


def test_requests_that_public_clients_push_are_counted(new_host):
    host = new_host(pending_requests="1")
    public = register_public(host, "phone")
    environ = {"REMOTE_ADDR": ADDRESS}
    form = {**build_authorization_request(client_id=None), **public}
    browser = host.browser()
    statuses = [
        browser.post("/oauth/par", form, extra_environ=environ, status="*").status_int
        for _ in range(2)
    ]
    assert statuses == [201, 429]
    web = host.register_client()
    assert push(host, web).status_int == 201
