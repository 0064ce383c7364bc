"""The password grant, which exists under `profile = legacy` only (RFC 6749 4.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.clock import frozen, now
from tests.support.host import call_api, refresh_tokens

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


class PasswordAccounts(Accounts):
    """Accounts with one known password; `checked` lists the names that were checked."""

    def __init__(self, *args):
        super().__init__(*args)
        self.checked, self.inactive = [], set()

    def authenticate_password(self, request, username, password):
        self.checked.append(username)
        known = (username, password) == ("alice", "wonder land&é")
        return "person-1" if known else None

    def is_active(self, request, subject):
        return subject not in self.inactive


@pytest.fixture
def accounts():
    return PasswordAccounts()


@pytest.fixture
def legacy_host(new_host, accounts):
    return new_host(profile="legacy", accounts=accounts)


@pytest.fixture
def password_client(legacy_host):
    return legacy_host.register_client(
        authorization_grant_type="password refresh_token"
    )


def token_request(host, client, **changes):
    form = {
        "grant_type": "password",
        "username": "alice",
        "password": "wonder land&é",
        **client,
        **changes,
    }
    parameters = {name: value for name, value in form.items() if value is not None}
    return host.browser().post("/oauth/token", parameters, expect_errors=True)


@pytest.mark.spec("RFC 6749", "4.3.3")
def test_a_valid_password_issues_tokens_for_its_user(legacy_host, password_client):
    answer = token_request(legacy_host, password_client, scope="read write")
    assert answer.status_int == 200
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", "read write")
    assert call_api(legacy_host, tokens["access_token"]) == 200
    form = {"token": tokens["access_token"], **password_client}
    introspection = legacy_host.browser().post("/oauth/introspect", form).json
    assert (introspection["sub"], introspection["client_id"]) == ("person-1", "web")


def test_password_grant_tokens_are_refreshed_and_revoked(legacy_host, password_client):
    tokens = token_request(legacy_host, password_client).json
    renewed = refresh_tokens(legacy_host, password_client, tokens["refresh_token"]).json
    assert call_api(legacy_host, renewed["access_token"]) == 200
    form = {"token": renewed["refresh_token"], **password_client}
    legacy_host.browser().post("/oauth/revoke", form, status=200)
    assert call_api(legacy_host, tokens["access_token"]) == 401


def test_without_the_refresh_grant_there_is_no_refresh_token(legacy_host):
    client = legacy_host.register_client(authorization_grant_type="password")
    assert "refresh_token" not in token_request(legacy_host, client).json


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "bob"}, "invalid_grant"),
        ({"username": None}, "invalid_request"),
        ({"password": None}, "invalid_request"),
        ({"password": ""}, "invalid_request"),
        ({"scope": "root"}, "invalid_scope"),
        ({"client_secret": "wrong"}, "invalid_client"),
    ],
    ids=str,
)
def test_invalid_credentials_are_refused_and_store_nothing(
    legacy_host, password_client, changes, error
):
    answer = token_request(legacy_host, password_client, **changes)
    assert answer.json["error"] == error
    assert answer.status_int == (401 if error == "invalid_client" else 400)
    assert "wonder" not in answer.text
    assert legacy_host.count("Grant") == legacy_host.count("AccessToken") == 0


@pytest.mark.spec("RFC 6749", "4.3.2")
def test_the_client_is_authenticated_before_the_password_is_checked(
    legacy_host, password_client, accounts
):
    token_request(legacy_host, password_client, client_secret="wrong")
    token_request(legacy_host, {"client_id": "nobody"})
    assert accounts.checked == []


@pytest.mark.spec("RFC 6749", "5.2")
def test_a_client_without_the_grant_type_is_refused(legacy_host, accounts):
    client = legacy_host.register_client(authorization_grant_type="client_credentials")
    assert token_request(legacy_host, client).json["error"] == "unauthorized_client"
    assert accounts.checked == []


def test_an_inactive_account_gets_no_token_and_loses_its_tokens(
    legacy_host, password_client, accounts
):
    tokens = token_request(legacy_host, password_client).json
    accounts.inactive.add("person-1")
    assert token_request(legacy_host, password_client).json["error"] == "invalid_grant"
    assert call_api(legacy_host, tokens["access_token"]) == 401
    assert (
        refresh_tokens(legacy_host, password_client, tokens["refresh_token"]).status_int
        == 400
    )


def test_a_host_without_a_password_check_accepts_no_password(new_host):
    host = new_host(profile="legacy")
    client = host.register_client(authorization_grant_type="password")
    assert token_request(host, client).json["error"] == "invalid_grant"
    assert token_request(host, client, password="").json["error"] == "invalid_request"


@pytest.mark.spec("RFC 9700", "2.4")
def test_the_password_grant_is_unsupported_under_the_default_profile(
    new_host, accounts
):
    host = new_host(accounts=accounts)
    client = host.register_client(authorization_grant_type="password")
    assert token_request(host, client).json["error"] == "unsupported_grant_type"
    document = "/oauth/.well-known/oauth-authorization-server"
    offered = host.browser().get(document).json["grant_types_supported"]
    assert "password" not in offered
    assert accounts.checked == []


@pytest.mark.spec("RFC 6749", "4.3.2")
def test_password_guesses_are_rate_limited(legacy_host, password_client, accounts):
    statuses = [
        token_request(legacy_host, password_client, password="guess").status_int
        for _ in range(9)
    ]
    assert statuses == [400] * 8 + [429]
    refused = token_request(legacy_host, password_client)
    assert (refused.status_int, len(accounts.checked)) == (429, 8), "it is not checked"
    assert 0 < int(refused.headers["Retry-After"]) <= 901
    assert token_request(legacy_host, password_client, username="bob").status_int == 400
    with frozen(now() + timedelta(seconds=901)):
        assert token_request(legacy_host, password_client).status_int == 200


def test_a_right_password_resets_the_limit_of_its_user(legacy_host, password_client):
    for _ in range(3):
        for _ in range(7):
            token_request(legacy_host, password_client, password="guess")
        assert token_request(legacy_host, password_client).status_int == 200


def test_one_client_does_not_use_up_the_limit_of_another(new_host, accounts):
    settings = {"password_source_attempts": "3", "password_name_attempts": "1000"}
    host = new_host(profile="legacy", accounts=accounts, **settings)
    web, app = (
        host.register_client(client_id=name, authorization_grant_type="password")
        for name in ("web", "app")
    )

    def status(client, **changes):
        form = {"grant_type": "password", **client, **changes}
        elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
        browser = host.browser()
        answer = browser.post("/oauth/token", form, extra_environ=elsewhere, status="*")
        return answer.status_int

    guesses = [status(web, username=f"n{i}", password="x") for i in range(4)]
    assert guesses == [400] * 3 + [429]
    assert status(app, username="alice", password="wonder land&é") == 200
