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
from tests.support.provider import log_in_with, login_provider

pytestmark = pytest.mark.postgresql

SKEW = 5
ENVIRON = {"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"}


@pytest.fixture
def exact(postgresql_url):
    """The process whose clock is right."""
    made = login_provider(postgresql_url)
    made.web = made.register_client()
    yield made
    made.engine.dispose()


@pytest.fixture
def skewed(exact, postgresql_url, subscribe_alarms):
    """The process whose clock is wrong, with the same database."""
    made = login_provider(postgresql_url, subscribe_alarms, keys=())
    yield made
    made.engine.dispose()


@pytest.fixture(params=[SKEW, -SKEW], ids=["ahead", "behind"])
def at_skewed(request):
    """A function that stops the clock at what the wrong one shows after a time."""
    start = clock.now()

    def at(passed=0):
        return clock.frozen(start + timedelta(seconds=passed + request.param))

    return at


@pytest.fixture
def at_exact():
    start = clock.now()
    return lambda passed=0: clock.frozen(start + timedelta(seconds=passed))


def test_a_code_and_its_refresh_token_pass_between_them(
    exact, skewed, at_exact, at_skewed, alarms
):
    with at_exact():
        browser = exact.open_browser("alice")
        answer = request_authentication(
            browser, scope="openid offline_access", prompt="consent"
        )
        if answer.status_int == 303:
            answer = answer.follow()
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    form = build_code_exchange(parse_redirect(answer)["code"], exact.web)
    with at_skewed(1):
        issued = skewed.browser().post("/oauth/token", form, status=200).json
        first = refresh_tokens(skewed, exact.web, issued["refresh_token"]).json
    with at_exact(2):
        again = refresh_tokens(exact, exact.web, issued["refresh_token"]).json
        assert again["refresh_token"] == first["refresh_token"]
        later = refresh_tokens(exact, exact.web, first["refresh_token"]).json
    with at_skewed(3):
        repeated = refresh_tokens(skewed, exact.web, first["refresh_token"]).json
        assert repeated["refresh_token"] == later["refresh_token"]
    assert alarms == []


def test_a_new_login_at_the_other_process_ends_prompt_login(
    exact, skewed, at_exact, at_skewed
):
    with at_exact():
        browser = exact.open_browser("alice")
    with at_skewed(1):
        moved = TestApp(skewed.wsgi, extra_environ=ENVIRON, cookiejar=browser.cookiejar)
        answer = request_authentication(moved, prompt="login")
        assert parse_login_redirect(answer)[0] == "reauthenticate"
    # A person needs some seconds for the password.
    with at_exact(8):
        log_in_with(browser)
        assert "code" in parse_redirect(return_from_login(browser, answer))


def test_a_client_with_the_one_clock_proves_itself_at_the_other(exact, at_skewed):
    register_robot(exact, jwks=key_set("ES256"))
    with at_skewed():
        moment = clock.timestamp()
    proof = sign_claims(
        build_assertion_claims(iat=moment, nbf=moment, exp=moment + 60), "ES256"
    )
    assert authenticates(exact, proof).status_int == 200
