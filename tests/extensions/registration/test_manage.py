"""A client reads, changes and deletes what it registered (RFC 7592)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pyramid_oauth import events
from pyramid_oauth.clock import now
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    parse_redirect,
)
from tests.support.registry import build_update_request

OTHER = "https://client.example/other"


@pytest.mark.spec("RFC 7592", "2.1")
def test_a_client_reads_its_registration(registry):
    registration = registry.create_client(client_name="Shop")
    answer = registry.manage("GET", registration, status=200)
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    # The secret is missing: the server has its digest only.
    assert answer.json == {
        k: v for k, v in registration.items() if k != "client_secret"
    }


@pytest.mark.spec("RFC 7592", "2.2")
def test_an_update_replaces_all_metadata(registry):
    registration = registry.create_client(
        client_name="Shop", logo_uri="https://client.example/logo"
    )
    body = build_update_request(registration, redirect_uris=[OTHER], logo_uri=...)
    changed = registry.manage("PUT", registration, body, status=200).json
    assert changed["client_id"] == registration["client_id"]
    assert changed["redirect_uris"] == [OTHER]
    assert "logo_uri" not in changed
    assert "client_secret" not in changed
    application = registry.load_application(registration["client_id"])
    assert (application.redirect_uris, application.name) == (OTHER, "Shop")
    current = registry.manage("GET", changed, status=200).json
    assert current == changed


@pytest.mark.spec("RFC 7592", "2.2")
def test_an_update_keeps_what_only_an_administrator_can_set(registry):
    registration = registry.create_client(logo_uri="https://client.example/logo")
    client_id = registration["client_id"]
    stored = registry.load_application(client_id).client_metadata
    of_administrator = {
        "access_token_format": "opaque",
        "native_redirect_uris": ["cursor:"],
        "of_the_host": ["x"],
    }
    registry.host.update_application(
        client_id, client_metadata={**stored, **of_administrator}
    )
    body = build_update_request(
        registration,
        logo_uri=...,
        access_token_format="jwt",
        native_redirect_uris=["vscode:"],
        of_the_host=[],
    )
    changed = registry.manage("PUT", registration, body, status=200).json
    updated = registry.load_application(client_id).client_metadata
    assert updated | of_administrator == updated
    assert "logo_uri" not in updated
    registry.manage(
        "PUT",
        changed,
        build_update_request(changed, native_redirect_uris=...),
        status=200,
    )
    assert registry.load_application(client_id).client_metadata == updated


@pytest.mark.spec("RFC 7592", "2.2")
@pytest.mark.parametrize("sent", [..., False])
def test_an_update_keeps_the_protections_that_an_administrator_has_set(registry, sent):
    name = "require_pushed_authorization_requests"
    registration = registry.create_client()
    client_id = registration["client_id"]
    stored = registry.load_application(client_id).client_metadata
    held = {name: True, "administrator_members": [name]}
    registry.host.update_application(client_id, client_metadata={**stored, **held})
    further = {name: sent, "administrator_members": []}
    body = build_update_request(registration, client_name="Shop", **further)
    changed = registry.manage("PUT", registration, body, status=200).json
    assert {member: changed[member] for member in held} == held
    updated = registry.load_application(client_id)
    assert updated.name == "Shop"
    assert updated.client_metadata | held == updated.client_metadata


@pytest.mark.spec("RFC 7592", "2.2")
def test_an_update_rotates_the_registration_access_token(registry):
    registration = registry.create_client()
    changed = registry.manage(
        "PUT", registration, build_update_request(registration), status=200
    ).json
    assert (
        changed["registration_access_token"]
        != registration["registration_access_token"]
    )
    registry.manage("GET", registration, status=401)
    registry.manage("PUT", registration, build_update_request(registration), status=401)
    registry.manage("GET", changed, status=200)


def test_a_refused_update_changes_nothing(registry):
    registration = registry.create_client()
    answer = registry.manage(
        "PUT", registration, build_update_request(registration, redirect_uris=["x:y"])
    )
    assert answer.json["error"] == "invalid_redirect_uri"
    answer = registry.manage(
        "PUT",
        registration,
        build_update_request(
            registration, redirect_uris=[OTHER], token_endpoint_auth_method="x"
        ),
    )
    assert answer.json["error"] == "invalid_client_metadata"
    current = registry.manage("GET", registration, status=200).json
    assert current["redirect_uris"] == registration["redirect_uris"]
    assert registry.load_application(registration["client_id"]).redirect_uris != OTHER


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
    registration = registry.create_client()
    answer = registry.manage(
        "PUT", registration, build_update_request(registration, **changes), status=400
    )
    assert answer.json["error"] == "invalid_client_metadata"
    registry.manage("GET", registration, status=200)


def test_an_update_that_needs_a_secret_issues_one(registry):
    registration = registry.create_client(token_endpoint_auth_method="none")
    assert "client_secret" not in registration
    body = build_update_request(
        registration, token_endpoint_auth_method="client_secret_post"
    )
    changed = registry.manage("PUT", registration, body, status=200).json
    assert changed["client_secret"]
    assert changed["client_secret_expires_at"] == 0
    back = build_update_request(changed, token_endpoint_auth_method="none")
    last = registry.manage("PUT", changed, back, status=200).json
    assert "client_secret_expires_at" not in last
    assert registry.load_application(registration["client_id"]).client_secret is None


def test_an_expired_secret_is_replaced_by_an_update(new_registry):
    registry = new_registry(registration_secret_lifetime="60")
    registration = registry.create_client()
    client_id = registration["client_id"]
    registry.host.update_application(
        client_id, client_secret_expires_at=now() - timedelta(seconds=1)
    )
    body = build_update_request(registration, client_secret=...)
    changed = registry.manage("PUT", registration, body, status=200).json
    assert changed["client_secret"] != registration["client_secret"]


@pytest.mark.spec("RFC 7592", "2.3")
def test_a_deletion_removes_the_client_and_its_rows(registry):
    registration = registry.create_client(
        token_endpoint_auth_method="client_secret_post"
    )
    client = {name: registration[name] for name in ("client_id", "client_secret")}
    browser = registry.host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser, client_id=client["client_id"]))[
        "code"
    ]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert call_api(registry.host, tokens["access_token"]) == 200
    answer = registry.manage("DELETE", registration, status=204)
    assert answer.headers["Cache-Control"] == "no-store"
    assert call_api(registry.host, tokens["access_token"]) == 401
    for role in ("Application", "Grant", "AccessToken", "Consent"):
        assert registry.host.count(role) == 0
    for method in ("GET", "DELETE"):
        registry.manage(method, registration, status=401)
    browser.get(
        "/oauth/authorize",
        build_authorization_request(client_id=client["client_id"]),
        status=400,
    )


@pytest.mark.spec("RFC 7592", "2.1")
@pytest.mark.spec("RFC 6750", "3.1")
def test_a_wrong_token_is_refused_as_a_bearer_token(registry):
    registration, other = registry.create_client(), registry.create_client()
    for token in ("x" * 43, other["registration_access_token"]):
        for method in ("GET", "PUT", "DELETE"):
            answer = registry.manage(
                method,
                registration,
                build_update_request(registration),
                token,
                status=401,
            )
            challenge = answer.headers["WWW-Authenticate"]
            assert challenge.startswith("Bearer ")
            assert 'error="invalid_token"' in challenge
    path = f"/oauth/register/{registration['client_id']}"
    without_token = registry.host.browser().get(path, status=401)
    assert "error" not in without_token.headers["WWW-Authenticate"]
    unknown = {
        **registration,
        "registration_client_uri": "https://as.example/oauth/register/x",
    }
    registry.manage("GET", unknown, status=401)


@pytest.mark.spec("RFC 7592", "2.1")
def test_a_disabled_client_is_forbidden_to_manage_itself(registry):
    registration = registry.create_client()
    registry.host.update_application(registration["client_id"], disabled_at=now())
    for method in ("GET", "PUT", "DELETE"):
        registry.manage(
            method, registration, build_update_request(registration), status=403
        )


def test_a_client_of_an_administrator_cannot_be_managed(registry):
    registry.host.register_client()
    registration = registry.create_client()
    uri = "https://as.example/oauth/register/web"
    registry.manage("GET", {**registration, "registration_client_uri": uri}, status=401)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_other_methods_are_answered_405_with_allow(registry, method):
    answer = registry.manage(method, registry.create_client(), status=405)
    assert {"GET", "PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_a_subscriber_receives_events_of_updates_and_deletions(new_registry):
    received_events = []

    def listen(config):
        for kind in (events.ClientUpdated, events.ClientDeleted):
            config.add_subscriber(received_events.append, kind)

    registry = new_registry(listen)
    registration = registry.create_client()
    changed = registry.manage(
        "PUT", registration, build_update_request(registration), status=200
    ).json
    registry.manage("PUT", registration, build_update_request(registration), status=401)
    registry.manage("DELETE", changed, status=204)
    assert [type(event).__name__ for event in received_events] == [
        "ClientUpdated",
        "ClientDeleted",
    ]
    assert {event.client_id for event in received_events} == {registration["client_id"]}
