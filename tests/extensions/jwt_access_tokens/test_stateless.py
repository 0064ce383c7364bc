"""JWT access tokens without a row: what they cost, and what ends them."""

from __future__ import annotations

import pytest

from pyramid_oauth.clock import now
from pyramid_oauth.repositories.replay_cache import digest_of
from tests.extensions.jwt_access_tokens.conftest import read_token
from tests.extensions.jwt_access_tokens.test_stored import introspect, revoke
from tests.support.host import (
    authorize_client,
    call_api,
    obtain_tokens,
    refresh_tokens,
    request_client_token,
)
from tests.support.people import People
from tests.support.provider import IMPLICIT, log_in_browser, log_in_to_client

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


def test_no_row_is_stored(stateless_provider):
    tokens = obtain_tokens(stateless_provider, stateless_provider.web)
    refresh_tokens(stateless_provider, stateless_provider.web, tokens["refresh_token"])
    request_client_token(stateless_provider, stateless_provider.web)
    assert stateless_provider.count("AccessToken") == 0


def test_a_bearer_check_takes_no_statement(stateless_provider):
    token = obtain_tokens(stateless_provider, stateless_provider.web)["access_token"]
    statements = stateless_provider.record_statements()
    assert call_api(stateless_provider, token) == 200
    assert statements == []


def test_the_life_is_limited(stateless_provider):
    tokens = obtain_tokens(stateless_provider, stateless_provider.web)
    claims = read_token(stateless_provider, tokens["access_token"])
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 300


@pytest.mark.spec("RFC 9068", "4")
def test_an_expired_token_is_refused(stateless_provider, frozen_clock):
    token = obtain_tokens(stateless_provider, stateless_provider.web)["access_token"]
    frozen_clock.advance(299)
    assert call_api(stateless_provider, token) == 200
    frozen_clock.advance(1)
    assert call_api(stateless_provider, token) == 401
    assert introspect(stateless_provider, token) == {"active": False}
    revoke(stateless_provider, token, status=200)


def test_a_clients_own_token_is_not_taken_for_that_of_a_user(stateless_provider):
    token = request_client_token(stateless_provider, stateless_provider.web).json[
        "access_token"
    ]
    headers = {"Authorization": f"Bearer {token}"}
    answer = stateless_provider.browser().get("/me", headers=headers).json
    assert answer == {"sub": None, "scope": "read"}
    members = introspect(stateless_provider, token)
    assert members["sub"] == members["client_id"] == "web"


@pytest.mark.spec("RFC 7662", "2.2")
def test_introspection_takes_one_statement(stateless_provider):
    token = obtain_tokens(stateless_provider, stateless_provider.web)["access_token"]
    introspect(stateless_provider, token)
    statements = stateless_provider.record_statements()
    members = introspect(stateless_provider, token)
    assert len(statements) == 1
    claims = read_token(stateless_provider, token)
    for name in ("iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"):
        assert members[name] == claims[name]
    assert members["token_type"] == "Bearer"
    assert not {"stateless", "grant_id"} & set(members)


def test_introspection_knows_that_the_grant_was_revoked(stateless_provider):
    tokens = obtain_tokens(stateless_provider, stateless_provider.web)
    revoke(stateless_provider, tokens["refresh_token"], status=200)
    assert introspect(stateless_provider, tokens["access_token"]) == {"active": False}


def test_introspection_knows_that_the_client_was_disabled(stateless_provider):
    asker = stateless_provider.register_client(
        client_id="api", name="API", introspection="any"
    )
    token = obtain_tokens(stateless_provider, stateless_provider.web)["access_token"]
    form = {"token": token, **asker}
    browser = stateless_provider.browser()
    assert browser.post("/oauth/introspect", form).json["active"] is True
    stateless_provider.update_application("web", disabled_at=now())
    assert browser.post("/oauth/introspect", form).json == {"active": False}


def test_userinfo_answers_until_the_grant_is_revoked(stateless_provider):
    tokens = log_in_to_client(
        stateless_provider, stateless_provider.web, scope="openid email"
    )
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    browser = stateless_provider.browser()
    claims = browser.get("/oauth/userinfo", headers=headers).json
    assert (claims["sub"], claims["email"]) == ("alice", "alice@example.org")
    revoke(stateless_provider, tokens["refresh_token"], status=200)
    browser.get("/oauth/userinfo", headers=headers, status=401)


@pytest.mark.spec("RFC 7009", "2.2.1")
def test_a_revocation_that_has_no_effect_is_refused(stateless_provider):
    tokens = obtain_tokens(stateless_provider, stateless_provider.web)
    refused = revoke(stateless_provider, tokens["access_token"], status=400)
    assert refused.json["error"] == "unsupported_token_type"
    assert call_api(stateless_provider, tokens["access_token"]) == 200
    assert introspect(stateless_provider, tokens["access_token"])["active"] is True


@pytest.mark.spec("RFC 7009", "2.1")
@pytest.mark.parametrize("has_denylist", ["true", "false"])
def test_no_other_client_can_revoke_a_token(new_jwt_provider, has_denylist):
    provider = new_jwt_provider(
        jwt_access_token_stateless="true", jwt_access_token_denylist=has_denylist
    )
    other = provider.register_client(client_id="other", name="Other")
    token = obtain_tokens(provider, provider.web)["access_token"]
    form = {"token": token, **other}
    refused = provider.browser().post("/oauth/revoke", form, status=400)
    assert refused.json["error"] == "unauthorized_client"
    assert call_api(provider, token) == 200


@pytest.mark.spec("RFC 7009", "2.1")
def test_the_denylist_ends_a_token_and_its_grant(denylist_provider):
    tokens = obtain_tokens(denylist_provider, denylist_provider.web)
    assert call_api(denylist_provider, tokens["access_token"]) == 200
    for _ in range(2):
        revoke(denylist_provider, tokens["access_token"], status=200)
    assert call_api(denylist_provider, tokens["access_token"]) == 401
    assert introspect(denylist_provider, tokens["access_token"]) == {"active": False}
    answer = refresh_tokens(
        denylist_provider, denylist_provider.web, tokens["refresh_token"]
    )
    assert answer.json["error"] == "invalid_grant"


def test_the_denylist_ends_a_clients_own_token(denylist_provider):
    first, second = (
        request_client_token(denylist_provider, denylist_provider.web).json[
            "access_token"
        ]
        for _ in range(2)
    )
    revoke(denylist_provider, first, status=200)
    assert call_api(denylist_provider, first) == 401
    assert call_api(denylist_provider, second) == 200


def test_with_the_denylist_a_bearer_check_takes_one_statement(denylist_provider):
    tokens = obtain_tokens(denylist_provider, denylist_provider.web)
    call_api(denylist_provider, tokens["access_token"])
    statements = denylist_provider.record_statements()
    assert call_api(denylist_provider, tokens["access_token"]) == 200
    assert len(statements) == 1
    revoke(denylist_provider, tokens["refresh_token"], status=200)
    assert call_api(denylist_provider, tokens["access_token"]) == 401


def test_a_client_cannot_deny_a_token_by_an_assertion():
    assert digest_of("", "x") != digest_of("web", "x")


def test_tokens_of_both_kinds_are_valid_after_the_setting_changes(new_jwt_provider):
    before = new_jwt_provider()
    stored = obtain_tokens(before, before.web)["access_token"]
    after = new_jwt_provider(
        keys=(), client=before.web, jwt_access_token_stateless="true"
    )
    stateless = obtain_tokens(after, before.web)["access_token"]
    for token in (stored, stateless):
        assert call_api(before, token) == call_api(after, token) == 200


class BoundToKey:
    """Binds every token to a key, as DPoP does (RFC 9449 section 6.1)."""

    def build(self, request, draft):
        draft.token_type = "DPoP"
        draft.claims["cnf"] = {"x-test": "a thumbprint"}


@pytest.mark.spec("RFC 7800", "3.1")
def test_a_bound_token_is_not_accepted_without_its_proof(new_jwt_provider):
    provider = new_jwt_provider(
        lambda config: config.add_oauth_token_step("bound", BoundToKey),
        jwt_access_token_stateless="true",
    )
    token = obtain_tokens(provider, provider.web)["access_token"]
    assert read_token(provider, token)["cnf"] == {"x-test": "a thumbprint"}
    assert call_api(provider, token) == 401
    members = introspect(provider, token)
    assert (members["token_type"], members["cnf"]["x-test"]) == ("DPoP", "a thumbprint")


class PeopleWhoLeave(People):
    """Accounts of which some become inactive."""

    gone: frozenset[str] = frozenset()

    def is_active(self, request, subject):
        return subject not in self.gone


def test_introspection_and_the_denylist_know_that_the_user_is_inactive(
    new_jwt_provider,
):
    people = PeopleWhoLeave()
    provider = new_jwt_provider(
        people=people,
        jwt_access_token_stateless="true",
        jwt_access_token_denylist="true",
    )
    token = obtain_tokens(provider, provider.web)["access_token"]
    assert call_api(provider, token) == 200
    people.gone = frozenset({"alice"})
    assert call_api(provider, token) == 401
    assert introspect(provider, token) == {"active": False}


@pytest.mark.spec("RFC 8707", "2.2")
def test_a_resource_chooses_the_format_of_its_tokens(new_jwt_provider):
    provider = new_jwt_provider(
        lambda config: config.include("pyramid_oauth.extensions.resource_indicators"),
        access_token_format="opaque",
        default_audience="",
        resources="https://calendar.example",
        resource_token_formats="https://calendar.example = jwt",
    )
    form = {"resource": "https://calendar.example"}
    chosen = request_client_token(provider, provider.web, **form).json["access_token"]
    claims = read_token(provider, chosen, "https://calendar.example")
    assert claims["aud"] == "https://calendar.example"
    other = request_client_token(provider, provider.web).json["access_token"]
    assert "." not in other


def test_a_front_channel_token_about_a_user_called_like_the_client_is_refused(
    new_jwt_provider,
):
    provider = new_jwt_provider(**IMPLICIT)
    provider.update_application(
        authorization_grant_type="authorization_code implicit",
        client_metadata={"response_types": ["code", "id_token token"]},
    )
    browser = log_in_browser(provider, "web")
    answer = authorize_client(
        browser, response_type="id_token token", scope="openid", nonce="n"
    )
    assert "error=access_denied" in answer.location
    assert provider.count("Grant") == provider.count("AccessToken") == 0
