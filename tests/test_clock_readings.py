"""A request reads the clock once, so that all its decisions have one time."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from threading import get_ident

import pytest

from pyramid_oauth import clock
from tests.support.client_keys import (
    build_assertion_claims,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)
from tests.support.pushing import push


@pytest.fixture
def clock_readings(monkeypatch):
    """The file and line of each reading of the clock by this thread.

    Threads of hosts of earlier tests may read it at the same time.
    """
    call_sites, thread = [], get_ident()

    class RecordingDatetime(datetime):
        @classmethod
        def now(cls, tz=None):
            frame = sys._getframe(2)
            if frame.f_code is clock.timestamp.__code__:
                frame = frame.f_back
            # An event has a time of its own; dataclasses generate its constructor.
            is_event = frame.f_code.co_filename == "<string>"
            if not is_event and get_ident() == thread:
                call_sites.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
            return datetime.now(tz)

    monkeypatch.setattr(clock, "datetime", RecordingDatetime)
    return call_sites


def test_a_token_request_of_a_client_reads_the_clock_once(host, client, clock_readings):
    request_client_token(host, client)
    clock_readings.clear()
    assert request_client_token(host, client).status_int == 200
    assert len(clock_readings) == 1, clock_readings


def test_a_refused_client_is_counted_at_the_time_of_the_request(
    host, client, clock_readings
):
    clock_readings.clear()
    wrong = {**client, "client_secret": "wrong"}
    assert request_client_token(host, wrong).status_int == 401
    assert len(clock_readings) == 1, clock_readings


def test_a_pushed_request_with_a_limit_reads_the_clock_once(new_host, clock_readings):
    host = new_host(pushed_request_limit=10)
    client = host.register_client()
    push(host, client, 201)
    clock_readings.clear()
    push(host, client, 201)
    assert len(clock_readings) == 1, clock_readings


def test_a_client_assertion_is_judged_at_the_time_of_the_request(
    new_host, clock_readings
):
    host = new_host()
    register_robot(host, jwks=key_set("ES256"))
    claims = build_assertion_claims(nbf=int(time.time()))
    clock_readings.clear()
    assert post_assertion(host, sign_claims(claims, "ES256")).status_int == 200
    assert len(clock_readings) == 1, clock_readings


def test_authorization_code_and_refresh_read_the_clock_once_each(
    host, client, browser, clock_readings
):
    code = parse_redirect(authorize_client(browser))["code"]
    clock_readings.clear()
    answer = browser.get("/oauth/authorize", build_authorization_request(), status=303)
    assert "code=" in answer.location
    assert len(clock_readings) == 1, clock_readings
    clock_readings.clear()
    browser.post("/oauth/token", build_code_exchange(code, client))
    assert len(clock_readings) == 1, clock_readings
    refresh_token = obtain_tokens(host, client)["refresh_token"]
    clock_readings.clear()
    assert refresh_tokens(host, client, refresh_token).status_int == 200
    assert len(clock_readings) == 1, clock_readings
