"""Two processes with one database, whose clocks differ by five seconds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from webtest import TestApp

from pyramid_oauth import clock
from tests.support.authentication import (
    parse_login_redirect,
    request_authentication,
    return_from_login,
)
from tests.support.client_keys import (
    build_assertion_claims,
    key_set,
    register_robot,
    sign_claims,
)
from tests.support.client_keys import post_assertion as authenticates
from tests.support.host import build_code_exchange, parse_redirect, refresh_tokens
from tests.support.provider import log_in_with, make_login_provider

pytestmark = pytest.mark.postgresql

SKEW = 5
ENVIRON = {"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"}


@pytest.fixture
def accurate_provider(postgresql_url):
    """The process with the accurate clock."""
    provider = make_login_provider(postgresql_url)
    provider.web = provider.register_client()
    yield provider
    provider.engine.dispose()


@pytest.fixture
def skewed_provider(accurate_provider, postgresql_url, subscribe_alarms):
    """The process with the skewed clock, on the same database."""
    provider = make_login_provider(postgresql_url, subscribe_alarms, keys=())
    yield provider
    provider.engine.dispose()


@pytest.fixture(params=[SKEW, -SKEW], ids=["ahead", "behind"])
def at_skewed(request):
    """A function that freezes the skewed clock after a number of seconds."""
    start = clock.now()

    def at(passed=0):
        return clock.frozen(start + timedelta(seconds=passed + request.param))

    return at


@pytest.fixture
def at_accurate():
    start = clock.now()
    return lambda passed=0: clock.frozen(start + timedelta(seconds=passed))


def test_code_and_refresh_token_work_across_skewed_clocks(
    accurate_provider, skewed_provider, at_accurate, at_skewed, alarms
):
    with at_accurate():
        browser = accurate_provider.open_browser("alice")
        answer = request_authentication(
            browser, scope="openid offline_access", prompt="consent"
        )
        if answer.status_int == 303:
            answer = answer.follow()
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    form = build_code_exchange(parse_redirect(answer)["code"], accurate_provider.web)
    with at_skewed(1):
        tokens = skewed_provider.browser().post("/oauth/token", form, status=200).json
        first = refresh_tokens(
            skewed_provider, accurate_provider.web, tokens["refresh_token"]
        ).json
    with at_accurate(2):
        second = refresh_tokens(
            accurate_provider, accurate_provider.web, tokens["refresh_token"]
        ).json
        assert second["refresh_token"] == first["refresh_token"]
        later = refresh_tokens(
            accurate_provider, accurate_provider.web, first["refresh_token"]
        ).json
    with at_skewed(3):
        repeated = refresh_tokens(
            skewed_provider, accurate_provider.web, first["refresh_token"]
        ).json
        assert repeated["refresh_token"] == later["refresh_token"]
    assert alarms == []


def test_a_new_login_at_the_other_process_ends_prompt_login(
    accurate_provider, skewed_provider, at_accurate, at_skewed
):
    with at_accurate():
        browser = accurate_provider.open_browser("alice")
    with at_skewed(1):
        skewed_browser = TestApp(
            skewed_provider.wsgi, extra_environ=ENVIRON, cookiejar=browser.cookiejar
        )
        answer = request_authentication(skewed_browser, prompt="login")
        assert parse_login_redirect(answer)[0] == "reauthenticate"
    # A user takes some seconds to enter the password.
    with at_accurate(8):
        log_in_with(browser)
        assert "code" in parse_redirect(return_from_login(browser, answer))


def test_a_client_assertion_is_accepted_across_skewed_clocks(
    accurate_provider, at_skewed
):
    register_robot(accurate_provider, jwks=key_set("ES256"))
    with at_skewed():
        moment = clock.timestamp()
    proof = sign_claims(
        build_assertion_claims(iat=moment, nbf=moment, exp=moment + 60), "ES256"
    )
    assert authenticates(accurate_provider, proof).status_int == 200
