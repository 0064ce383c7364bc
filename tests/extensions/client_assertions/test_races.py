"""Concurrent requests with the same client assertion: one of them is accepted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.support.client_keys import (
    build_assertion_claims,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)
from tests.support.host import Host

pytestmark = pytest.mark.slow

CALLERS = 8


@pytest.mark.postgresql
@pytest.mark.spec("RFC 7523", "3")
def test_an_assertion_sent_concurrently_is_accepted_once(postgresql_url):
    host = Host(postgresql_url)
    register_robot(host, jwks=key_set("ES256"))
    for _ in range(5):
        token, barrier = (
            sign_claims(build_assertion_claims(), "ES256"),
            Barrier(CALLERS),
        )

        def call(_, token=token, barrier=barrier):
            barrier.wait()
            return post_assertion(host, token).status_int

        with ThreadPoolExecutor(CALLERS) as pool:
            statuses = sorted(pool.map(call, range(CALLERS)))
        assert statuses == [200] + [401] * (CALLERS - 1)
    assert host.count("AccessToken") == host.count("UsedAssertion") == 5
    host.engine.dispose()
