"""What the token endpoint answers about a resource owner who may get no tokens."""

from __future__ import annotations

import pytest

from pyramid_oauth.accounts import Accounts
from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)


@pytest.fixture
def inactive():
    """The users that are not active at the moment."""
    return set()


@pytest.fixture
def suspending_host(new_host, inactive):
    class SuspendingAccounts(Accounts):
        def is_active(self, request, subject):
            # Nobody asks about a client's own token, which has no subject.
            return subject.lower() not in inactive

    return new_host(lambda config: config.set_oauth_accounts(SuspendingAccounts))


def request_code(host, **changes):
    browser = host.browser()
    browser.get("/login?name=alice")
    return parse_redirect(authorize_client(browser, **changes))["code"]


def test_a_code_of_an_inactive_owner_is_refused(suspending_host, inactive):
    client = suspending_host.register_client()
    form = build_code_exchange(request_code(suspending_host), client)
    browser = suspending_host.browser()
    inactive.add("alice")
    refused = browser.post("/oauth/token", form, status=400).json
    assert refused["error"] == "invalid_grant"
    assert refused["error_description"].startswith("The code is unknown")
    inactive.clear()
    assert "access_token" in browser.post("/oauth/token", form).json


def test_a_refresh_token_of_an_inactive_owner_is_refused(suspending_host, inactive):
    client = suspending_host.register_client()
    tokens = obtain_tokens(suspending_host, client)
    token = tokens["refresh_token"]
    inactive.add("alice")
    assert call_api(suspending_host, tokens["access_token"]) == 401
    own = request_client_token(suspending_host, client).json["access_token"]
    assert call_api(suspending_host, own) == 200
    refused = refresh_tokens(suspending_host, client, token)
    assert refused.status_int == 400
    assert refused.json["error"] == "invalid_grant"
    assert refused.json["error_description"].startswith("The refresh token is unknown")
    inactive.clear()
    renewed = refresh_tokens(suspending_host, client, token).json
    assert call_api(suspending_host, renewed["access_token"]) == 200


def test_an_adapter_that_disables_nobody_leaves_every_owner_active(new_host):
    class PlainAccounts(Accounts):
        """Knows no disabled users."""

    host = new_host(lambda config: config.set_oauth_accounts(PlainAccounts))
    client = host.register_client()
    token = obtain_tokens(host, client)["refresh_token"]
    renewed = refresh_tokens(host, client, token).json
    assert call_api(host, renewed["access_token"]) == 200


@pytest.mark.spec("RFC 9700", "4.15")
def test_an_owner_who_is_called_like_the_client_gets_no_token(host, caplog):
    client = host.register_client(client_id="alice")
    form = build_code_exchange(request_code(host, client_id="alice"), client)
    refused = host.browser().post("/oauth/token", form, status=400).json
    assert refused == {
        "error": "access_denied",
        "error_description": "The resource owner has the identifier of the client.",
    }
    assert "give the client another client_id" in caplog.text
    assert host.count("AccessToken") == 0
