"""Repeated use of a code or refresh token: a retry of its client, or a replay."""

from __future__ import annotations

import logging
import time as real_time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyramid_oauth.events import CredentialReplayed, GrantRevoked
from tests.support.host import (
    Host,
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
)

UNKNOWN = "is unknown, "
SLEEP_AT_COMMIT = """
CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(2.5); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER nap AFTER UPDATE ON oauth_refresh_token
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.generation <> NEW.generation) EXECUTE FUNCTION nap();
"""
PUBLIC = {
    "client_type": "public",
    "token_endpoint_auth_method": "none",
    "authorization_grant_type": "authorization_code refresh_token",
}


@pytest.fixture
def alarm_host(new_host, subscribe_alarms):
    return new_host(subscribe_alarms)


def code_form(host, client, **changes):
    browser = host.browser()
    browser.get("/login?name=alice")
    return build_code_exchange(
        parse_redirect(authorize_client(browser, **changes))["code"], client
    )


def exchange(host, form, status=200):
    return host.browser().post("/oauth/token", form, status=status).json


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize("kind", ["confidential", "public-with-pkce"])
def test_a_code_that_its_client_retries_is_refused_and_revoked_without_an_alarm(
    alarm_host, alarms, caplog, frozen_clock, kind
):
    client = alarm_host.register_client(**(PUBLIC if kind != "confidential" else {}))
    form = code_form(alarm_host, client)
    tokens = exchange(alarm_host, form)
    frozen_clock.advance(30)
    refused = exchange(alarm_host, form, 400)
    assert refused["error"] == "invalid_grant"
    assert "used before" in refused["error_description"]
    assert call_api(alarm_host, tokens["access_token"]) == 401
    assert alarms == [GrantRevoked]
    assert not [
        record for record in caplog.records if record.levelno >= logging.WARNING
    ]


@pytest.mark.spec("RFC 6749", "10.5")
def test_a_code_that_is_presented_later_is_a_replay(
    alarm_host, client, alarms, caplog, frozen_clock
):
    form = code_form(alarm_host, client)
    exchange(alarm_host, form)
    frozen_clock.advance(60)
    exchange(alarm_host, form, 400)
    assert alarms == [CredentialReplayed, GrantRevoked]
    assert "revoked: a used authorization code was presented again" in caplog.text


def test_without_a_grace_period_a_retry_of_a_code_is_a_replay(
    new_host, subscribe_alarms, alarms
):
    host = new_host(subscribe_alarms, refresh_token_grace="0")
    form = code_form(host, host.register_client())
    exchange(host, form)
    exchange(host, form, 400)
    assert alarms == [CredentialReplayed, GrantRevoked]


@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.pkce:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_a_public_client_without_pkce_cannot_detect_a_used_code(
    new_host, subscribe_alarms, alarms
):
    host = new_host(subscribe_alarms, pkce_required="false")
    client = host.register_client(**PUBLIC)
    no_challenge = {"code_challenge": None, "code_challenge_method": None}
    form = code_form(host, client, **no_challenge)
    del form["code_verifier"]
    exchange(host, form)
    refused = exchange(host, form, 400)
    assert refused == exchange(host, {**form, "code": "unknown"}, 400)
    assert alarms == [CredentialReplayed, GrantRevoked]


@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.pkce:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_a_confidential_client_without_pkce_may_retry_its_code(
    new_host, subscribe_alarms, alarms
):
    host = new_host(subscribe_alarms, pkce_required="false")
    client = host.register_client()
    form = code_form(host, client, code_challenge=None, code_challenge_method=None)
    del form["code_verifier"]
    exchange(host, form)
    assert "used before" in exchange(host, form, 400)["error_description"]
    assert alarms == [GrantRevoked]


@pytest.mark.parametrize("is_public", [False, True])
def test_a_replayed_refresh_token_is_described_to_confidential_clients(
    alarm_host, frozen_clock, is_public
):
    client = alarm_host.register_client(**(PUBLIC if is_public else {}))
    token = obtain_tokens(alarm_host, client)["refresh_token"]
    refresh_tokens(alarm_host, client, token)
    frozen_clock.advance(61)
    description = refresh_tokens(alarm_host, client, token).json["error_description"]
    assert (UNKNOWN in description) is is_public
    assert ("used before" in description) is not is_public


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_retry_while_the_first_request_waits_for_its_commit_is_no_replay(
    postgresql_url, subscribe_alarms, alarms
):
    host = Host(postgresql_url, subscribe_alarms, refresh_token_grace="2")
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    with host.engine.begin() as connection:
        connection.exec_driver_sql(SLEEP_AT_COMMIT)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(refresh_tokens, host, client, token)
        real_time.sleep(0.7)
        retried = refresh_tokens(host, client, token)
        first_response = first.result(60)
    # The grace of two seconds has begun with the commit, which took longer than that.
    late = refresh_tokens(host, client, token)
    successor = first_response.json["refresh_token"]
    for answer in (first_response, retried, late):
        assert answer.status_int == 200
        assert answer.json["refresh_token"] == successor
        assert call_api(host, answer.json["access_token"]) == 200
    assert alarms == []
    host.engine.dispose()
