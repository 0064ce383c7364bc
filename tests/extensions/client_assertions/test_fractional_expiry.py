"""A client assertion is accepted once, also within the last fraction of its life."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pyramid.scripting import prepare

from pyramid_oauth import clock
from pyramid_oauth.purge import purge_application
from pyramid_oauth.settings import SETTINGS
from tests.support.client_keys import (
    build_assertion_claims,
    post_assertion,
    sign_claims,
)


@pytest.mark.spec("RFC 7523", "3")
def test_a_purge_forgets_no_assertion_that_is_still_accepted(assertion_host):
    leeway = assertion_host.wsgi.registry[SETTINGS].assertion_leeway
    started = datetime.now(UTC).replace(microsecond=0)
    seconds = int(started.timestamp())
    claims = build_assertion_claims(exp=seconds + 30.25, iat=seconds)
    assertion = sign_claims(claims, "RS256")
    with clock.frozen(started) as time:
        assert post_assertion(assertion_host, assertion).status_int == 200

        time.advance(30.5 + leeway)
        with prepare(registry=assertion_host.wsgi.registry) as environment:
            list(purge_application(environment["request"], 100))

        replayed = post_assertion(assertion_host, assertion)
    assert replayed.status_int == 401
    assert "was used before" in replayed.json["error_description"]
