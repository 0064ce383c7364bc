"""A client reads, changes and deletes what it registered (RFC 7592)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pyramid_oauth import events
from pyramid_oauth.clock import now
from tests.support.client_keys import key_set
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
)
from tests.support.registry import build_update_request

OTHER = "https://client.example/other"


@pytest.mark.spec("RFC 7592", "2.1")
def test_a_client_reads_its_registration(registry):
    made = registry.create_client(client_name="Shop")
    answer = registry.manage("GET", made, status=200)
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    # All but the secret, of which the server has a digest only.
    assert answer.json == {k: v for k, v in made.items() if k != "client_secret"}


@pytest.mark.spec("RFC 7592", "2.2")
def test_an_update_replaces_all_metadata(registry):
    made = registry.create_client(
        client_name="Shop", logo_uri="https://client.example/logo"
    )
    sent = build_update_request(made, redirect_uris=[OTHER], logo_uri=...)
    changed = registry.manage("PUT", made, sent, status=200).json
    assert changed["client_id"] == made["client_id"]
    assert changed["redirect_uris"] == [OTHER]
    assert "logo_uri" not in changed
    assert "client_secret" not in changed
    kept = registry.load_application(made["client_id"])
    assert (kept.redirect_uris, kept.name) == (OTHER, "Shop")
    read = registry.manage("GET", changed, status=200).json
    assert read == changed


@pytest.mark.spec("RFC 7592", "2.2")
def test_an_update_rotates_the_registration_access_token(registry):
    made = registry.create_client()
    changed = registry.manage("PUT", made, build_update_request(made), status=200).json
    assert changed["registration_access_token"] != made["registration_access_token"]
    registry.manage("GET", made, status=401)
    registry.manage("PUT", made, build_update_request(made), status=401)
    registry.manage("GET", changed, status=200)


def test_a_refused_update_changes_nothing(registry):
    made = registry.create_client()
    answer = registry.manage(
        "PUT", made, build_update_request(made, redirect_uris=["x:y"])
    )
    assert answer.json["error"] == "invalid_redirect_uri"
    answer = registry.manage(
        "PUT",
        made,
        build_update_request(
            made, redirect_uris=[OTHER], token_endpoint_auth_method="x"
        ),
    )
    assert answer.json["error"] == "invalid_client_metadata"
    kept = registry.manage("GET", made, status=200).json
    assert kept["redirect_uris"] == made["redirect_uris"]
    assert registry.load_application(made["client_id"]).redirect_uris != OTHER


@pytest.mark.spec("RFC 7592", "2.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": ...},
        {"client_id": "somebody-else"},
        {"client_secret": "a secret of my own choice"},
        {"client_secret": 7},
        {"registration_access_token": "x"},
        {"registration_client_uri": "https://as.example/x"},
        {"client_secret_expires_at": 0},
        {"client_id_issued_at": 1},
    ],
    ids=str,
)
def test_an_update_of_server_managed_members_is_refused(registry, changes):
    made = registry.create_client()
    answer = registry.manage(
        "PUT", made, build_update_request(made, **changes), status=400
    )
    assert answer.json["error"] == "invalid_client_metadata"
    registry.manage("GET", made, status=200)


def test_an_update_that_needs_a_secret_issues_one(registry):
    made = registry.create_client(token_endpoint_auth_method="none")
    assert "client_secret" not in made
    sent = build_update_request(made, token_endpoint_auth_method="client_secret_post")
    changed = registry.manage("PUT", made, sent, status=200).json
    assert changed["client_secret"]
    assert changed["client_secret_expires_at"] == 0
    back = build_update_request(changed, token_endpoint_auth_method="none")
    last = registry.manage("PUT", changed, back, status=200).json
    assert "client_secret_expires_at" not in last
    assert registry.load_application(made["client_id"]).client_secret is None


def test_an_expired_secret_is_replaced_by_an_update(new_registry):
    registry = new_registry(registration_secret_lifetime="60")
    made = registry.create_client()
    client_id = made["client_id"]
    registry.host.update_application(
        client_id, client_secret_expires_at=now() - timedelta(seconds=1)
    )
    sent = build_update_request(made, client_secret=...)
    changed = registry.manage("PUT", made, sent, status=200).json
    assert changed["client_secret"] != made["client_secret"]


def test_the_sealed_secret_exists_only_while_it_is_a_key(openid_registry):
    made = openid_registry.create_client(id_token_signed_response_alg="HS256")
    sent = build_update_request(made, id_token_signed_response_alg="RS256")
    changed = openid_registry.manage("PUT", made, sent, status=200).json
    assert (
        openid_registry.load_application(made["client_id"]).sealed_client_secret is None
    )
    sent = build_update_request(changed, id_token_signed_response_alg="HS256")
    assert openid_registry.manage("PUT", changed, sent, status=200).json[
        "client_secret"
    ]
    assert openid_registry.load_application(made["client_id"]).sealed_client_secret


def test_an_update_revokes_the_trust_of_an_administrator(registry):
    made = registry.create_client()
    registry.host.update_application(made["client_id"], skip_authorization=True)
    registry.manage(
        "PUT", made, build_update_request(made, client_name="Bank"), status=200
    )
    assert registry.load_application(made["client_id"]).skip_authorization is False


@pytest.mark.spec("RFC 9700", "4.11.2")
def test_a_new_redirect_uri_needs_consent_again(registry):
    made = registry.create_client(token_endpoint_auth_method="none")
    browser = registry.host.browser()
    browser.get("/login?name=alice")

    def asks(**changes):
        wished = build_authorization_request(client_id=made["client_id"], **changes)
        return "/authorize/" in browser.get("/oauth/authorize", wished).location

    authorize_client(browser, client_id=made["client_id"])
    sent = build_update_request(made, client_name="Shop")
    made = registry.manage("PUT", made, sent, status=200).json
    assert not asks()
    sent = build_update_request(made, redirect_uris=[*made["redirect_uris"], OTHER])
    made = registry.manage("PUT", made, sent, status=200).json
    assert asks(redirect_uri=OTHER)
    assert asks()


@pytest.mark.spec("OpenID Connect Core", "8.1")
@pytest.mark.spec("OpenID Connect Core", "12.2")
def test_a_change_of_sector_revokes_grants(openid_registry):
    made = openid_registry.create_client(
        subject_type="pairwise",
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="client_secret_post",
    )
    client = {name: made[name] for name in ("client_id", "client_secret")}
    issued = obtain_tokens(openid_registry.host, client, client_id=made["client_id"])
    sent = build_update_request(made, client_name="Shop")
    made = openid_registry.manage("PUT", made, sent, status=200).json
    assert call_api(openid_registry.host, issued["access_token"]) == 200
    sent = build_update_request(made, redirect_uris=["https://elsewhere.example/cb"])
    openid_registry.manage("PUT", made, sent, status=200)
    assert call_api(openid_registry.host, issued["access_token"]) == 401
    assert (
        refresh_tokens(openid_registry.host, client, issued["refresh_token"]).status_int
        == 400
    )


def test_an_update_takes_effect_at_once(registry):
    made = registry.create_client(token_endpoint_auth_method="none")
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    client_id = made["client_id"]
    browser.get(
        "/oauth/authorize", build_authorization_request(client_id=client_id), status=303
    )
    registry.manage(
        "PUT", made, build_update_request(made, redirect_uris=[OTHER]), status=200
    )
    browser.get(
        "/oauth/authorize", build_authorization_request(client_id=client_id), status=400
    )


@pytest.mark.spec("RFC 7592", "2.3")
def test_a_deletion_removes_the_client_and_its_rows(registry):
    made = registry.create_client(token_endpoint_auth_method="client_secret_post")
    client = {name: made[name] for name in ("client_id", "client_secret")}
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser, client_id=client["client_id"]))[
        "code"
    ]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert call_api(registry.host, tokens["access_token"]) == 200
    answer = registry.manage("DELETE", made, status=204)
    assert answer.headers["Cache-Control"] == "no-store"
    assert call_api(registry.host, tokens["access_token"]) == 401
    for role in ("Application", "Grant", "AccessToken", "Consent"):
        assert registry.host.count(role) == 0
    for method in ("GET", "DELETE"):
        registry.manage(method, made, status=401)
    browser.get(
        "/oauth/authorize",
        build_authorization_request(client_id=client["client_id"]),
        status=400,
    )


@pytest.mark.spec("RFC 7592", "2.1")
@pytest.mark.spec("RFC 6750", "3.1")
def test_a_wrong_token_is_refused_as_a_bearer_token(registry):
    made, other = registry.create_client(), registry.create_client()
    for token in ("x" * 43, other["registration_access_token"]):
        for method in ("GET", "PUT", "DELETE"):
            answer = registry.manage(
                method, made, build_update_request(made), token, status=401
            )
            told = answer.headers["WWW-Authenticate"]
            assert told.startswith("Bearer ")
            assert 'error="invalid_token"' in told
    path = f"/oauth/register/{made['client_id']}"
    bare = registry.host.browser().get(path, status=401)
    assert "error" not in bare.headers["WWW-Authenticate"]
    unknown = {**made, "registration_client_uri": "https://as.example/oauth/register/x"}
    registry.manage("GET", unknown, status=401)


@pytest.mark.spec("RFC 7592", "2.1")
def test_a_disabled_client_is_forbidden_to_manage_itself(registry):
    made = registry.create_client()
    registry.host.update_application(made["client_id"], disabled_at=now())
    for method in ("GET", "PUT", "DELETE"):
        registry.manage(method, made, build_update_request(made), status=403)


def test_a_client_of_an_administrator_cannot_be_managed(registry):
    registry.host.register_client()
    made = registry.create_client()
    uri = "https://as.example/oauth/register/web"
    registry.manage("GET", {**made, "registration_client_uri": uri}, status=401)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_other_methods_are_answered_405_with_allow(registry, method):
    answer = registry.manage(method, registry.create_client(), status=405)
    assert {"GET", "PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_a_subscriber_receives_events_of_updates_and_deletions(new_registry):
    heard = []

    def listen(config):
        for kind in (events.ClientUpdated, events.ClientDeleted):
            config.add_subscriber(heard.append, kind)

    registry = new_registry(listen)
    made = registry.create_client()
    changed = registry.manage("PUT", made, build_update_request(made), status=200).json
    registry.manage("PUT", made, build_update_request(made), status=401)
    registry.manage("DELETE", changed, status=204)
    assert [type(event).__name__ for event in heard] == [
        "ClientUpdated",
        "ClientDeleted",
    ]
    assert {event.client_id for event in heard} == {made["client_id"]}


def test_an_update_may_change_keys(openid_registry):
    made = openid_registry.create_client(
        token_endpoint_auth_method="private_key_jwt", jwks=key_set("ES256")
    )
    sent = build_update_request(made, jwks=key_set("ES256", number=1))
    changed = openid_registry.manage("PUT", made, sent, status=200).json
    assert changed["jwks"] == key_set("ES256", number=1)
