"""Effects of a registration update on the client and its grants (RFC 7592)."""

from __future__ import annotations

import pytest

from tests.support.client_keys import key_set
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    call_api,
    obtain_tokens,
    refresh_tokens,
)
from tests.support.registry import build_update_request

OTHER = "https://client.example/other"


def test_the_sealed_secret_exists_only_while_it_is_a_key(openid_registry):
    registration = openid_registry.create_client(id_token_signed_response_alg="HS256")
    body = build_update_request(registration, id_token_signed_response_alg="RS256")
    changed = openid_registry.manage("PUT", registration, body, status=200).json
    assert (
        openid_registry.load_application(registration["client_id"]).sealed_client_secret
        is None
    )
    body = build_update_request(changed, id_token_signed_response_alg="HS256")
    assert openid_registry.manage("PUT", changed, body, status=200).json[
        "client_secret"
    ]
    assert openid_registry.load_application(
        registration["client_id"]
    ).sealed_client_secret


def test_an_update_revokes_the_trust_of_an_administrator(registry):
    registration = registry.create_client()
    registry.host.update_application(registration["client_id"], skip_authorization=True)
    registry.manage(
        "PUT",
        registration,
        build_update_request(registration, client_name="Bank"),
        status=200,
    )
    assert (
        registry.load_application(registration["client_id"]).skip_authorization is False
    )


@pytest.mark.spec("RFC 9700", "4.11.2")
def test_a_new_redirect_uri_needs_consent_again(registry):
    registration = registry.create_client(token_endpoint_auth_method="none")
    browser = registry.host.browser()
    browser.get("/login?name=alice")

    def asks_for_consent(**changes):
        parameters = build_authorization_request(
            client_id=registration["client_id"], **changes
        )
        return "/authorize/" in browser.get("/oauth/authorize", parameters).location

    authorize_client(browser, client_id=registration["client_id"])
    body = build_update_request(registration, client_uri="https://client.example/about")
    registration = registry.manage("PUT", registration, body, status=200).json
    assert not asks_for_consent()
    body = build_update_request(
        registration, redirect_uris=[*registration["redirect_uris"], OTHER]
    )
    registration = registry.manage("PUT", registration, body, status=200).json
    assert asks_for_consent(redirect_uri=OTHER)
    assert asks_for_consent()


@pytest.mark.spec("OpenID Connect Core", "8.1")
@pytest.mark.spec("OpenID Connect Core", "12.2")
def test_a_change_of_sector_revokes_grants(openid_registry):
    registration = openid_registry.create_client(
        subject_type="pairwise",
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="client_secret_post",
    )
    client = {name: registration[name] for name in ("client_id", "client_secret")}
    tokens = obtain_tokens(
        openid_registry.host, client, client_id=registration["client_id"]
    )
    body = build_update_request(registration, client_name="Shop")
    registration = openid_registry.manage("PUT", registration, body, status=200).json
    assert call_api(openid_registry.host, tokens["access_token"]) == 200
    body = build_update_request(
        registration, redirect_uris=["https://elsewhere.example/cb"]
    )
    openid_registry.manage("PUT", registration, body, status=200)
    assert call_api(openid_registry.host, tokens["access_token"]) == 401
    assert (
        refresh_tokens(openid_registry.host, client, tokens["refresh_token"]).status_int
        == 400
    )


def test_a_client_that_becomes_public_loses_its_grants(openid_registry):
    registration = openid_registry.create_client(
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="client_secret_post",
    )
    client = {name: registration[name] for name in ("client_id", "client_secret")}
    tokens = obtain_tokens(
        openid_registry.host, client, client_id=registration["client_id"]
    )
    body = build_update_request(registration, token_endpoint_auth_method="none")
    openid_registry.manage("PUT", registration, body, status=200)
    public = {"client_id": registration["client_id"]}
    stolen = refresh_tokens(openid_registry.host, public, tokens["refresh_token"])
    assert stolen.json["error"] == "invalid_grant"
    assert call_api(openid_registry.host, tokens["access_token"]) == 401


def test_an_update_takes_effect_at_once(registry):
    registration = registry.create_client(token_endpoint_auth_method="none")
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    client_id = registration["client_id"]
    browser.get(
        "/oauth/authorize", build_authorization_request(client_id=client_id), status=303
    )
    registry.manage(
        "PUT",
        registration,
        build_update_request(registration, redirect_uris=[OTHER]),
        status=200,
    )
    browser.get(
        "/oauth/authorize", build_authorization_request(client_id=client_id), status=400
    )


def test_an_update_may_change_keys(openid_registry):
    registration = openid_registry.create_client(
        token_endpoint_auth_method="private_key_jwt", jwks=key_set("ES256")
    )
    body = build_update_request(registration, jwks=key_set("ES256", number=1))
    changed = openid_registry.manage("PUT", registration, body, status=200).json
    assert changed["jwks"] == key_set("ES256", number=1)
