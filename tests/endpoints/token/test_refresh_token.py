"""Refresh tokens: rotation, grace period, replay (RFC 6749 6, RFC 9700 4.14)."""

from __future__ import annotations

import logging
import time

import pytest

from pyramid_oauth import clock
from tests.support.host import call_api, obtain_tokens, refresh_tokens

DAY = 86400


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_each_refresh_issues_a_new_refresh_token(host, client):
    tokens = obtain_tokens(host, client)
    first = refresh_tokens(host, client, tokens["refresh_token"]).json
    second = refresh_tokens(host, client, first["refresh_token"]).json
    spent = {tokens["refresh_token"], first["refresh_token"], second["refresh_token"]}
    assert len(spent) == 3
    assert call_api(host, second["access_token"]) == 200
    assert host.count("RefreshToken") == 1


@pytest.mark.spec("RFC 6749", "10.4")
def test_a_refresh_token_is_bound_to_its_client(host, client, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    other = host.register_client(client_id="other")
    token = obtain_tokens(host, client)["refresh_token"]
    refused = refresh_tokens(host, other, token)
    assert refused.status_int == 400
    assert refused.json["error"] == "invalid_grant"
    assert "is unknown" in refused.json["error_description"]
    assert "the token is not this client's" in caplog.text
    assert refresh_tokens(host, client, token).status_int == 200


def test_a_refresh_within_the_grace_period_returns_the_same_token(host, client):
    token = obtain_tokens(host, client)["refresh_token"]
    with clock.frozen() as time_:
        first = refresh_tokens(host, client, token).json
        time_.advance(59)
        second = refresh_tokens(host, client, token).json
    assert second["refresh_token"] == first["refresh_token"]
    assert call_api(host, second["access_token"]) == 200


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_a_replay_after_the_grace_period_revokes_the_grant(host, client):
    token = obtain_tokens(host, client)["refresh_token"]
    with clock.frozen() as time_:
        first = refresh_tokens(host, client, token).json
        time_.advance(61)
        assert refresh_tokens(host, client, token).json["error"] == "invalid_grant"
        assert call_api(host, first["access_token"]) == 401
        assert refresh_tokens(host, client, first["refresh_token"]).status_int == 400


@pytest.mark.slow
@pytest.mark.spec("RFC 9700", "4.14.2")
def test_the_grace_period_is_counted_by_the_clock_of_the_database(new_host):
    host = new_host(refresh_token_grace="2")
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    first = refresh_tokens(host, client, token).json
    assert (
        refresh_tokens(host, client, token).json["refresh_token"]
        == first["refresh_token"]
    )
    time.sleep(2.1)
    assert refresh_tokens(host, client, token).json["error"] == "invalid_grant"
    assert call_api(host, first["access_token"]) == 401


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_a_replay_of_an_older_generation_revokes_the_grant_at_once(host, client):
    token = obtain_tokens(host, client)["refresh_token"]
    first = refresh_tokens(host, client, token).json
    second = refresh_tokens(host, client, first["refresh_token"]).json
    assert refresh_tokens(host, client, token).json["error"] == "invalid_grant"
    assert call_api(host, second["access_token"]) == 401


@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.refresh_token_coll:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_within_a_collision_window_a_second_use_is_refused_without_revoking(new_host):
    host = new_host(refresh_token_grace="0", refresh_token_collision_window="5")
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    with clock.frozen() as time_:
        first = refresh_tokens(host, client, token).json
        assert refresh_tokens(host, client, token).status_int == 400
        assert call_api(host, first["access_token"]) == 200
        time_.advance(6)
        assert refresh_tokens(host, client, token).status_int == 400
        assert call_api(host, first["access_token"]) == 401


@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.refresh_token_coll:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_a_collision_window_does_not_excuse_an_older_generation(new_host):
    host = new_host(refresh_token_grace="0", refresh_token_collision_window="60")
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    with clock.frozen():
        first = refresh_tokens(host, client, token).json
        second = refresh_tokens(host, client, first["refresh_token"]).json
        assert refresh_tokens(host, client, token).status_int == 400
        assert call_api(host, second["access_token"]) == 401


@pytest.fixture
def strict_host(new_host):
    """A host without a grace period."""
    return new_host(refresh_token_grace="0")


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_without_a_grace_period_a_second_use_revokes_at_once(strict_host):
    client = strict_host.register_client()
    token = obtain_tokens(strict_host, client)["refresh_token"]
    with clock.frozen():
        first = refresh_tokens(strict_host, client, token).json
        refused = refresh_tokens(strict_host, client, token)
        assert refused.json["error"] == "invalid_grant"
        assert call_api(strict_host, first["access_token"]) == 401
        assert (
            refresh_tokens(strict_host, client, first["refresh_token"]).status_int
            == 400
        )


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_without_a_grace_period_tokens_used_once_keep_rotating(strict_host):
    client = strict_host.register_client()
    token = obtain_tokens(strict_host, client)["refresh_token"]
    for _ in range(3):
        answer = refresh_tokens(strict_host, client, token)
        assert answer.status_int == 200
        token = answer.json["refresh_token"]
    assert call_api(strict_host, answer.json["access_token"]) == 200


def test_the_idle_and_the_absolute_lifetime_are_enforced_on_use(host, client):
    with clock.frozen() as time_:
        idle = obtain_tokens(host, client)["refresh_token"]
        refresh_token = obtain_tokens(host, client)["refresh_token"]
        for _ in range(6):
            time_.advance(13 * DAY)
            refresh_token = refresh_tokens(host, client, refresh_token).json[
                "refresh_token"
            ]
        assert refresh_tokens(host, client, idle).json["error"] == "invalid_grant"
        time_.advance(13 * DAY)
        assert (
            refresh_tokens(host, client, refresh_token).json["error"] == "invalid_grant"
        )


@pytest.mark.spec("RFC 9700", "2.2.2")
@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.rotate:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_refresh_tokens_of_public_clients_always_rotate(new_host):
    host = new_host(rotate_refresh_tokens="false")
    with_secret = host.register_client()
    public = {"client_type": "public", "token_endpoint_auth_method": "none"}
    public["authorization_grant_type"] = "authorization_code refresh_token"
    without_secret = host.register_client(client_id="app", **public)
    for client, rotates in ((with_secret, False), (without_secret, True)):
        token = obtain_tokens(host, client, client_id=client["client_id"])[
            "refresh_token"
        ]
        second = refresh_tokens(host, client, token).json["refresh_token"]
        assert (second != token) is rotates


@pytest.mark.spec("RFC 9700", "4.14.2")
@pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.rotate:pyramid_oauth.errors.InsecureSettingWarning"
)
def test_a_retry_gets_the_successor_although_rotation_was_switched_off_meanwhile(
    host, client, new_host
):
    token = obtain_tokens(host, client)["refresh_token"]
    successor = refresh_tokens(host, client, token).json["refresh_token"]
    changed = new_host(rotate_refresh_tokens="false")
    for _ in range(2):  # the second shows that none of them moved the grant on
        assert refresh_tokens(changed, client, token).json["refresh_token"] == successor
        kept = refresh_tokens(changed, client, successor).json["refresh_token"]
        assert kept == successor


@pytest.mark.spec("RFC 6749", "6")
def test_a_refresh_may_narrow_the_scope_but_not_widen_it(host, client):
    token = obtain_tokens(host, client, scope="read")["refresh_token"]
    wider = refresh_tokens(host, client, token, scope="read write")
    assert wider.json["error"] == "invalid_scope"
    assert "not granted" in wider.json["error_description"]
    assert refresh_tokens(host, client, token, scope="read").json["scope"] == "read"


@pytest.mark.spec("RFC 6749", "10.10")
@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "a.0.c", "a.99999999999.c", "é.0.x"]
)
def test_forged_tokens_are_refused(host, client, token):
    assert refresh_tokens(host, client, token).status_int == 400


@pytest.mark.spec("RFC 6749", "10.3")
def test_no_token_is_stored_in_clear(host, client):
    tokens = obtain_tokens(host, client)
    handle = tokens["refresh_token"].partition(".")[0]
    with host.engine.connect() as connection:
        rows = [
            str(row)
            for table in host.models.metadata.sorted_tables
            for row in connection.execute(table.select())
        ]
    everything = "\n".join(rows)
    assert len(rows) > 3
    for credential in (tokens["access_token"], handle, client["client_secret"]):
        assert credential not in everything
