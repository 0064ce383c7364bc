"""What a request is answered if another one used its credential after it was checked.

`tests/parallel` has races of many threads; here a token step sends the other request.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.events import CredentialReplayed, GrantRevoked
from tests.support.host import (
    Host,
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)


class Rival:
    """Token step that lets `act` happen between the checks and the storing."""

    def __init__(self):
        self.act = None

    def build(self, request, draft):
        act, self.act = self.act, None
        if act is not None:
            with ThreadPoolExecutor(1) as pool:  # its own transaction
                pool.submit(act).result(60)


@pytest.fixture
def rival():
    return Rival()


@pytest.fixture
def new_raced_host(new_host, rival, subscribe_alarms):
    def configure(config):
        config.add_oauth_token_step("rival", rival)
        subscribe_alarms(config)

    return lambda **settings: new_host(configure, **settings)


@pytest.mark.spec("RFC 6749", "4.1.2")
def test_of_two_redemptions_of_a_code_the_second_is_refused_and_revokes(
    new_raced_host, rival, alarms
):
    host = new_raced_host()
    client = host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser))["code"]
    form = build_code_exchange(code, client)
    first = []
    rival.act = lambda: first.append(host.browser().post("/oauth/token", form).json)
    refused = host.browser().post("/oauth/token", form, status=400).json
    assert refused["error"] == "invalid_grant"
    assert refused["error_description"].startswith("The code was used before")
    assert call_api(host, first[0]["access_token"]) == 401
    assert host.count("AccessToken") == 1
    assert alarms == [GrantRevoked]


def test_of_two_refreshes_both_are_answered_with_the_same_successor(
    new_raced_host, rival, alarms
):
    host = new_raced_host()
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    first = []
    rival.act = lambda: first.append(refresh_tokens(host, client, token).json)
    second = refresh_tokens(host, client, token).json
    assert second["refresh_token"] == first[0]["refresh_token"]
    for response in (*first, second):
        assert call_api(host, response["access_token"]) == 200
    assert refresh_tokens(host, client, second["refresh_token"]).status_int == 200
    assert alarms == []


@pytest.mark.spec("RFC 9700", "4.14.2")
@pytest.mark.parametrize(
    ("grace", "refreshes"), [("0", 1), ("60", 2)], ids=["no-grace", "grandchild"]
)
def test_a_refresh_that_came_too_late_is_a_replay(
    new_raced_host, rival, alarms, grace, refreshes
):
    host = new_raced_host(refresh_token_grace=grace)
    client = host.register_client()
    first = obtain_tokens(host, client)
    token, responses = first["refresh_token"], [first]

    def overtake():
        for _ in range(refreshes):
            latest = responses[-1]["refresh_token"]
            responses.append(refresh_tokens(host, client, latest).json)

    rival.act = overtake
    refused = refresh_tokens(host, client, token)
    assert refused.status_int == 400
    assert refused.json["error"] == "invalid_grant"
    assert "used before" in refused.json["error_description"]
    assert len(responses) == refreshes + 1
    assert call_api(host, responses[-1]["access_token"]) == 401
    assert alarms == [CredentialReplayed, GrantRevoked]


def revoke_token(host, client, token):
    host.browser().post("/oauth/revoke", {"token": token, **client}, status=200)


def test_a_refresh_overtaken_by_a_revocation_gives_no_usable_token(
    new_raced_host, rival, alarms
):
    host = new_raced_host()
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    rival.act = lambda: revoke_token(host, client, token)
    late = refresh_tokens(host, client, token).json
    assert call_api(host, late["access_token"]) == 401
    assert refresh_tokens(host, client, late["refresh_token"]).status_int == 400
    assert alarms == [GrantRevoked]


def test_a_refresh_overtaken_by_another_and_a_revocation_is_refused_without_an_alarm(
    new_raced_host, rival, alarms
):
    host = new_raced_host()
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]

    def overtake():
        successor = refresh_tokens(host, client, token).json["refresh_token"]
        revoke_token(host, client, successor)

    rival.act = overtake
    refused = refresh_tokens(host, client, token)
    assert refused.status_int == 400
    assert refused.json["error"] == "invalid_grant"
    assert "is unknown" in refused.json["error_description"]
    assert host.count("AccessToken") == 2
    assert alarms == [GrantRevoked]


def delete_rows(host, role):
    with Session(host.engine) as session:
        session.query(getattr(host.models, role)).delete()
        session.commit()


def test_a_refresh_overtaken_by_the_deletion_of_its_token_is_refused(
    new_raced_host, rival
):
    host = new_raced_host()
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    rival.act = lambda: delete_rows(host, "RefreshToken")
    refused = refresh_tokens(host, client, token)
    for answer in (refused, refresh_tokens(host, client, token)):
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_grant")


def test_a_redemption_overtaken_by_the_deletion_of_its_grant_is_refused(
    new_raced_host, rival
):
    host = new_raced_host()
    client = host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser))["code"]
    rival.act = lambda: delete_rows(host, "Grant")
    form = build_code_exchange(code, client)
    refused = host.browser().post("/oauth/token", form, status=400)
    assert refused.json["error"] == "invalid_grant"


@pytest.mark.postgresql  # SQLite lets nobody write after the first attempt
@pytest.mark.parametrize(("changes", "status"), [(2, 200), (3, 503)])
def test_a_client_that_changes_meanwhile_is_read_again_twice(
    postgresql_url, rival, changes, status
):
    host = Host(postgresql_url, lambda c: c.add_oauth_token_step("rival", rival))
    client = host.register_client()
    request_client_token(host, client)
    left = list(range(changes))

    def change():
        host.update_application(name=f"Web {left.pop()}")
        rival.act = change if left else None

    rival.act = change
    answer = request_client_token(host, client, expect_errors=True)
    assert answer.status_int == status
    assert left == []
    if status == 503:
        assert answer.json["error"] == "temporarily_unavailable"
    assert host.count("AccessToken") == (2 if status == 200 else 1)
    host.engine.dispose()
