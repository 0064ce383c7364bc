"""A client registers itself (RFC 7591, OpenID Connect Dynamic Client Registration)."""

from __future__ import annotations

import pytest

from pyramid_oauth import events
from tests.support.client_keys import (
    build_assertion_claims,
    key_set,
    post_assertion,
    sign_claims,
)
from tests.support.host import (
    CALLBACK,
    authorize_client,
    build_code_exchange,
    parse_redirect,
)
from tests.support.registry import PATH

WELL_KNOWN = "/oauth/.well-known/oauth-authorization-server"


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_a_registration_returns_all_registered_metadata(registry):
    answer = registry.send_registration(client_name="Shop", status=201)
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    registration = answer.json
    assert registration["client_id"]
    assert len(registration["client_secret"]) >= 43
    assert registration["client_secret_expires_at"] == 0
    assert registration["client_id_issued_at"] > 1_700_000_000
    assert registration["redirect_uris"] == [CALLBACK]
    assert registration["grant_types"] == ["authorization_code"]
    assert registration["response_types"] == ["code"]
    assert registration["token_endpoint_auth_method"] == "client_secret_basic"
    assert registration["client_name"] == "Shop"
    assert registration["application_type"] == "web"


@pytest.mark.spec("RFC 7592", "3")
def test_a_registration_returns_its_configuration_uri_and_token(registry):
    registration = registry.create_client()
    root = "https://as.example/oauth/register"
    assert (
        registration["registration_client_uri"] == f"{root}/{registration['client_id']}"
    )
    assert registration["registration_access_token"]


def test_a_registered_client_gets_tokens(registry):
    registration = registry.create_client(
        token_endpoint_auth_method="client_secret_post",
        grant_types=["authorization_code", "refresh_token"],
    )
    client = {name: registration[name] for name in ("client_id", "client_secret")}
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, client_id=client["client_id"])
    code = parse_redirect(answer)["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert tokens["refresh_token"]


def test_no_credential_is_stored_in_clear(registry):
    registration = registry.create_client()
    with registry.host.engine.connect() as connection:
        table = registry.host.models.Application.__table__
        row = repr(connection.execute(table.select()).one())
    assert registration["client_secret"] not in row
    assert registration["registration_access_token"] not in row


@pytest.mark.spec("RFC 7591", "2")
def test_unknown_members_are_ignored_and_not_stored(registry):
    registration = registry.create_client(
        favourite_colour="blue", client_id="mine", client_secret="x"
    )
    assert "favourite_colour" not in registration
    assert registration["client_id"] != "mine"
    assert registration["client_secret"] != "x"
    application = registry.load_application(registration["client_id"])
    assert "favourite_colour" not in application.client_metadata
    assert application.source == "registration"


@pytest.mark.spec("RFC 7591", "2")
def test_a_null_member_counts_as_omitted(registry):
    assert "logo_uri" not in registry.create_client(logo_uri=None)


@pytest.mark.spec("RFC 7591", "2.2")
def test_language_tagged_names_are_returned(registry):
    names = {"client_name": "Shop", "client_name#ja-Jpan-JP": "店", "tos_uri#fr": "x"}
    assert "tos_uri#fr" in registry.registration_error(**names)
    names["tos_uri#fr"] = "https://client.example/fr"
    registration = registry.create_client(**names)
    assert {name: registration[name] for name in names} == names


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_every_standard_member_is_returned_as_sent(openid_registry):
    body = {
        "application_type": "web",
        "redirect_uris": [CALLBACK, "https://client.example/cb?x=1"],
        "response_types": ["code", "code id_token"],
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "client_name": "Shop",
        "client_uri": "https://client.example/",
        "logo_uri": "https://client.example/logo.png",
        "policy_uri": "https://client.example/policy",
        "tos_uri": "https://client.example/tos",
        "contacts": ["shop@client.example"],
        "scope": "openid profile",
        "software_id": "shop",
        "software_version": "1",
        "jwks": key_set("RS256", use="sig"),
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": "RS256",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "default_max_age": 3600,
        "require_auth_time": True,
        "default_acr_values": ["1", "2"],
        "initiate_login_uri": "https://client.example/login",
        "request_uris": ["https://client.example/request#hash"],
        "post_logout_redirect_uris": ["https://client.example/bye"],
        "frontchannel_logout_uri": "https://client.example/front",
        "frontchannel_logout_session_required": True,
        "backchannel_logout_uri": "https://client.example/back",
        "backchannel_logout_session_required": True,
    }
    registration = openid_registry.create_client(**body)
    assert {name: registration.get(name) for name in body} == body
    assert "client_secret" not in registration
    assert "client_secret_expires_at" not in registration


def test_grant_types_and_response_types_complete_each_other(openid_registry):
    registration = openid_registry.create_client(response_types=["code id_token"])
    assert registration["grant_types"] == ["authorization_code", "implicit"]
    contradiction = {"grant_types": ["authorization_code"]}
    description = openid_registry.registration_error(
        **contradiction, response_types=["code id_token"]
    )
    assert "grant_types" in description


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_a_native_client_uses_app_redirect_uris_without_the_implicit_grant(
    openid_registry,
):
    app = ["com.example.app:/cb", "http://127.0.0.1/cb"]
    registration = openid_registry.create_client(
        redirect_uris=app, token_endpoint_auth_method="none"
    )
    assert registration["application_type"] == "native"
    assert "client_secret" not in registration
    openid_registry.registration_error(
        "invalid_redirect_uri", redirect_uris=app, application_type="web"
    )
    local = {"redirect_uris": ["http://127.0.0.1/cb"], "response_types": ["id_token"]}
    openid_registry.registration_error("invalid_redirect_uri", **local)


def test_grant_types_of_registered_clients_are_a_setting(new_registry):
    registry = new_registry(registration_grant_types="client_credentials")
    registration = registry.create_client(
        grant_types=["client_credentials"], redirect_uris=...
    )
    assert registration["response_types"] == []
    assert "grant_types" in registry.registration_error()


def test_a_secret_may_expire(new_registry):
    registration = new_registry(registration_secret_lifetime="60").create_client()
    assert registration["client_secret_expires_at"] - registration[
        "client_id_issued_at"
    ] in (60, 61)


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_a_secret_is_stored_sealed_only_when_it_is_a_key(openid_registry):
    plain = openid_registry.create_client()
    keyed = openid_registry.create_client(id_token_signed_response_alg="HS256")
    sealed = openid_registry.load_application(keyed["client_id"]).sealed_client_secret
    assert sealed
    assert keyed["client_secret"] not in sealed
    assert (
        openid_registry.load_application(plain["client_id"]).sealed_client_secret
        is None
    )


def test_a_client_with_registered_keys_authenticates_by_assertion(openid_registry):
    registration = openid_registry.create_client(
        token_endpoint_auth_method="private_key_jwt", jwks=key_set("ES256")
    )
    token = sign_claims(build_assertion_claims(registration["client_id"]), "ES256")
    answer = post_assertion(openid_registry.host, token, "revoke", token="x")
    assert answer.status_int == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_answered_405_with_allow(registry, method):
    answer = registry.host.browser().request(PATH, method=method, status=405)
    assert "POST" in answer.headers["Allow"]


def test_cross_origin_registration_is_allowed(registry):
    headers = {"Origin": "https://app.example"}
    answer = registry.send_registration(headers=headers, status=201)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    headers["Access-Control-Request-Method"] = "POST"
    answer = registry.host.browser().options(PATH, headers, status=204)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.spec("RFC 8414", "2")
def test_registration_is_off_by_default(registry, new_registry):
    document = registry.host.browser().get(WELL_KNOWN).json
    assert document["registration_endpoint"] == "https://as.example/oauth/register"
    closed = new_registry(registration="off").host.browser()
    assert "registration_endpoint" not in closed.get(WELL_KNOWN).json
    assert closed.post_json(PATH, {}, status=404)


def test_a_subscriber_receives_a_client_registered_event(new_registry):
    received_events = []

    def listen(config):
        config.add_subscriber(received_events.append, events.ClientRegistered)

    registry = new_registry(listen)
    registration = registry.create_client()
    registry.registration_error(client_name=7)
    assert [event.client_id for event in received_events] == [registration["client_id"]]
    assert received_events[0].source == "registration"
