"""Concurrent use of one request URI: one browser gets a code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from tests.support.host import Host
from tests.support.pushing import (
    PAR,
    authorize_pushed_request,
    open_request_uri,
    push_request_uri,
)

pytestmark = pytest.mark.slow

BROWSERS = 8


@pytest.fixture
def postgresql_host(postgresql_url):
    host = Host(postgresql_url)
    host.client = host.register_client()
    yield host
    host.engine.dispose()


def log_in_alice(host):
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


def run_at_once(calls):
    """The results of calls that start at the same moment."""
    barrier = Barrier(len(calls))

    def make(call):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


def count_codes(answers):
    return sum("code=" in answer.headers.get("Location", "") for answer in answers)


@pytest.mark.postgresql
@pytest.mark.spec(PAR, "7.3")
def test_concurrent_visits_with_a_remembered_consent_issue_one_code(postgresql_host):
    assert "code" in authorize_pushed_request(
        log_in_alice(postgresql_host),
        push_request_uri(postgresql_host, postgresql_host.client),
    )
    for round in range(1, 4):
        uri = push_request_uri(postgresql_host, postgresql_host.client)
        browsers = [log_in_alice(postgresql_host) for _ in range(BROWSERS)]
        answers = run_at_once(
            [partial(open_request_uri, browser, uri) for browser in browsers]
        )
        assert count_codes(answers) == 1
        assert {answer.status_int for answer in answers} == {303, 400}
        assert postgresql_host.count("Grant") == 1 + round


@pytest.mark.postgresql
@pytest.mark.spec(PAR, "7.3")
def test_concurrent_consent_decisions_issue_one_code(postgresql_host):
    uri = push_request_uri(postgresql_host, postgresql_host.client)
    forms = [
        open_request_uri(log_in_alice(postgresql_host), uri)
        .follow()
        .forms["oauth-consent"]
        for _ in range(BROWSERS)
    ]
    allow = {"value": "allow", "expect_errors": True}
    answers = run_at_once([partial(form.submit, "decision", **allow) for form in forms])
    assert count_codes(answers) == 1
    assert all(answer.status_int < 500 for answer in answers)
    assert postgresql_host.count("Grant") == 1


@pytest.mark.postgresql
def test_concurrent_pushes_get_different_request_uris(postgresql_host):
    uris = run_at_once(
        [partial(push_request_uri, postgresql_host, postgresql_host.client)] * BROWSERS
    )
    assert len(set(uris)) == BROWSERS
    assert postgresql_host.count("AuthorizationRequest") == BROWSERS
