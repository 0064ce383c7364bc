"""Registration with an initial access token (RFC 7591 section 3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.server import SERVER
from tests.support.host import Host
from tests.support.registry import (
    Registry,
)

CALLERS = 8


def issue_initial_access_token(host, uses=1, lifetime=60):
    """An initial access token, as the command line would issue it."""
    records = host.wsgi.registry[SERVER].repositories
    until = now() + timedelta(seconds=lifetime)
    with Session(host.engine) as session:
        _, token = records.initial_access_tokens.new(
            session, expires_at=until, uses=uses, note=""
        )
        session.commit()
    return token


def bearer_headers(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.spec("RFC 7591", "3")
def test_an_initial_access_token_is_required_and_used_up(new_registry):
    registry = new_registry(registration="initial_access_token")
    without_token = registry.send_registration(status=401)
    assert without_token.headers["WWW-Authenticate"].startswith("Bearer ")
    token = issue_initial_access_token(registry.host, uses=2)
    for _ in range(2):
        registry.send_registration(headers=bearer_headers(token), status=201)
    refused = registry.send_registration(headers=bearer_headers(token), status=401)
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert registry.host.count("Application") == 2


def test_a_refused_registration_keeps_the_initial_access_token(new_registry):
    registry = new_registry(registration="initial_access_token")
    token = issue_initial_access_token(registry.host)
    registry.send_registration(client_name=7, headers=bearer_headers(token), status=400)
    registry.send_registration(headers=bearer_headers(token), status=201)


def test_an_initial_access_token_may_expire_or_be_unlimited(new_registry):
    registry = new_registry(registration="initial_access_token")
    old = issue_initial_access_token(registry.host, lifetime=-1)
    registry.send_registration(headers=bearer_headers(old), status=401)
    token = issue_initial_access_token(registry.host, uses=None)
    for _ in range(3):
        registry.send_registration(headers=bearer_headers(token), status=201)
    registry.send_registration(headers=bearer_headers("x" * 43), status=401)
    registry.send_registration(headers=bearer_headers("ü"), status=400)


def test_only_invalid_initial_access_tokens_are_rate_limited(new_registry):
    registry = new_registry(
        registration="initial_access_token", registration_token_attempts="3"
    )
    token = issue_initial_access_token(registry.host, uses=None)
    guesses = [
        registry.send_registration(headers=bearer_headers("x" * 43)) for _ in range(4)
    ]
    assert [answer.status_int for answer in guesses] == [401] * 3 + [429]
    assert 0 < int(guesses[-1].headers["Retry-After"]) <= 3601
    registration = registry.send_registration(
        headers=bearer_headers(token), status=201
    ).json
    registry.manage(
        "GET", {**registration, "registration_access_token": "x"}, status=429
    )
    registry.manage("GET", registration, status=200)


@pytest.mark.slow
@pytest.mark.postgresql
def test_an_initial_access_token_used_concurrently_registers_one_client(postgresql_url):
    host = Host(postgresql_url, registration="initial_access_token")
    registry = Registry(host)
    for round_ in range(1, 4):
        token, barrier = issue_initial_access_token(host), Barrier(CALLERS)

        def call(_, token=token, barrier=barrier):
            barrier.wait()
            return registry.send_registration(headers=bearer_headers(token)).status_int

        with ThreadPoolExecutor(CALLERS) as pool:
            statuses = sorted(pool.map(call, range(CALLERS)))
        assert statuses.count(201) == 1
        assert set(statuses) <= {201, 401, 429}
        assert host.count("Application") == round_
    host.engine.dispose()
