"""The pushed authorization request endpoint (RFC 9126 section 2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pyramid_oauth import clock
from pyramid_oauth.extensions.par import AuthorizationRequestPushed
from tests.support.host import CALLBACK, build_authorization_request
from tests.support.pushing import (
    PAR,
    PATH,
    URN,
    authorize_pushed_request,
    push,
    push_error,
    push_request_uri,
    redeem_code,
    register_public,
)

PAGE = "https://app.example"


@pytest.mark.spec(PAR, "2.2")
def test_a_push_is_answered_with_a_request_uri_and_its_lifetime(host, client):
    answer = push(host, client, 201)
    assert answer.content_type == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    assert set(answer.json) == {"request_uri", "expires_in"}
    assert answer.json["request_uri"].startswith(URN)
    assert answer.json["expires_in"] == 60


@pytest.mark.spec(PAR, "7.1")
def test_request_uris_cannot_be_guessed(host, client):
    uris = {push_request_uri(host, client) for _ in range(5)}
    assert len(uris) == 5
    assert all(len(uri.removeprefix(URN)) >= 43 for uri in uris)


@pytest.mark.spec(PAR, "4")
def test_a_pushed_request_leads_to_a_code_and_tokens(host, client, browser):
    answer = authorize_pushed_request(browser, push_request_uri(host, client))
    assert answer["state"] == "af0ifjsldkj"
    assert answer["iss"] == "https://as.example/oauth"
    assert redeem_code(host, client, answer["code"])["scope"] == "read write"


@pytest.mark.parametrize("lifetime", ["5", "600"])
def test_the_lifetime_is_a_setting(new_host, lifetime):
    host = new_host(pushed_request_lifetime=lifetime)
    answer = push(host, host.register_client(), 201)
    assert answer.json["expires_in"] == int(lifetime)


def test_the_stored_request_has_no_credential_and_no_usable_request_uri(host, client):
    handle = push_request_uri(host, client).removeprefix(URN)
    with host.engine.connect() as connection:
        table = host.models.AuthorizationRequest.__table__
        rows = str(connection.execute(table.select()).all())
    assert handle not in rows
    assert client["client_secret"] not in rows
    assert "client_secret" not in rows


@pytest.mark.spec(PAR, "2.1")
def test_a_request_uri_in_the_push_is_refused(host, client):
    first = push_request_uri(host, client)
    assert push_error(host, client, request_uri=first) == "invalid_request"
    elsewhere = "https://client.example/request"
    assert push_error(host, client, request_uri=elsewhere) == "invalid_request"


@pytest.mark.spec(PAR, "2.1")
def test_the_client_is_authenticated_before_anything_is_validated(host, client):
    wrong = {**client, "client_secret": "wrong"}
    changes = {"redirect_uri": "https://evil.example", "request_uri": "x"}
    assert push_error(host, wrong, 401, **changes) == "invalid_client"


@pytest.mark.spec(PAR, "2.3")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"redirect_uri": "https://evil.example/cb"}, "invalid_request"),
        ({"redirect_uri": "/cb"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"scope": "read unknown"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"response_mode": "unknown"}, "invalid_request"),
        ({"approval_prompt": "unknown"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
    ids=str,
)
def test_a_push_is_validated_like_an_authorization_request(
    host, client, changes, error
):
    answer = push(host, client, 400, **changes)
    assert answer.json["error"] == error
    assert answer.content_type == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    assert host.count("AuthorizationRequest") == 0


@pytest.mark.spec(PAR, "2.3")
@pytest.mark.parametrize("prompt", ["login", "consent", "select_account", "none"])
def test_a_push_returns_no_interaction_error(host, client, prompt):
    assert push(host, client).status_int == 201
    assert push(host, client, prompt=prompt).status_int == 201


@pytest.mark.spec(PAR, "2.1")
def test_a_client_without_the_code_grant_is_refused(host):
    robot = host.register_client(
        client_id="robot", authorization_grant_type="client_credentials"
    )
    assert push_error(host, robot) == "unauthorized_client"


@pytest.mark.spec(PAR, "2.3")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_than_post_are_refused(host, method):
    answer = host.browser().request(PATH, method=method, expect_errors=True)
    assert answer.status_int == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.spec(PAR, "2.3")
def test_a_push_that_is_too_large_is_refused(new_host):
    host = new_host(body_limit="4096")
    client = host.register_client()
    assert push_error(host, client, 413, state="x" * 5000) == "invalid_request"


@pytest.mark.spec(PAR, "2")
def test_only_a_form_body_is_read(host, client):
    form = {**build_authorization_request(), **client}
    browser = host.browser()
    browser.post_json(PATH, form, status=415)
    browser.post(f"{PATH}?state=x", form, status=400)
    browser.post(PATH, "state=a&state=b", status=400)
    browser.post(PATH, "state=%zz", status=400)
    assert host.count("AuthorizationRequest") == 0


@pytest.mark.spec(PAR, "2.1")
def test_parameters_of_other_endpoints_are_ignored(host, client, browser):
    more = {"grant_type": "password", "code": "x", "code_verifier": "y"}
    assert "code" in authorize_pushed_request(
        browser, push_request_uri(host, client, **more)
    )


@pytest.mark.spec(PAR, "5")
def test_the_metadata_names_the_endpoint(host):
    path = "/oauth/.well-known/oauth-authorization-server"
    document = host.browser().get(path).json
    name = "pushed_authorization_request_endpoint"
    assert document[name] == "https://as.example/oauth/par"
    assert document["require_pushed_authorization_requests"] is False


def test_pages_of_registered_origins_may_push(host):
    client = register_public(host, allowed_origins=PAGE)
    answer = push(host, client, 201, {"Origin": PAGE})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    refused = push(host, client, 400, {"Origin": PAGE}, scope="unknown")
    assert refused.headers["Access-Control-Allow-Origin"] == PAGE
    elsewhere = push(host, client, 201, {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in elsewhere.headers


def test_a_preflight_is_answered(host):
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    answer = host.browser().options(PATH, headers=headers, status=204)
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_a_subscriber_receives_an_event_for_every_accepted_push(new_host):
    events = []

    def listen(config):
        config.add_subscriber(events.append, AuthorizationRequestPushed)

    host = new_host(listen)
    client = host.register_client()
    uri = push_request_uri(host, client)
    push(host, client, 400, scope="unknown")
    (event,) = events
    assert (event.client_id, event.user_id) == ("web", None)
    assert uri.removeprefix(URN) not in repr(vars(event))


def test_a_change_of_the_client_takes_effect_at_the_next_push(host, client):
    assert push(host, client).status_int == 201
    host.update_application(redirect_uris="https://new.example/cb")
    assert push_error(host, client) == "invalid_request"
    assert push(host, client, redirect_uri="https://new.example/cb").status_int == 201


def test_a_disabled_client_cannot_push(host, client):
    assert push(host, client).status_int == 201
    host.update_application(disabled_at=clock.now())
    assert push_error(host, client, 401) == "invalid_client"


def test_pushes_delete_expired_requests(host, client):
    with clock.frozen(datetime.now(UTC)) as time:
        for _ in range(40):
            push_request_uri(host, client)
        time.advance(86400)
        for _ in range(10):
            push_request_uri(host, client)
    assert host.count("AuthorizationRequest") == 10


@pytest.mark.spec(PAR, "2.2")
def test_expires_in_is_a_json_number(host, client):
    response = json.loads(push(host, client, 201).body)
    assert isinstance(response["expires_in"], int)
    assert response["expires_in"] > 0


def test_a_host_may_disable_pushed_requests(new_host):
    host = new_host(pushed_authorization_requests="false")
    client = host.register_client()
    assert push(host, client).status_int == 404
    path = "/oauth/.well-known/oauth-authorization-server"
    document = host.browser().get(path).json
    assert not [name for name in document if "pushed" in name]


def test_a_redirect_uri_is_required_even_with_one_registered(host, client):
    answer = push(host, client, 400, redirect_uri=None)
    assert "redirect_uri" in answer.json["error_description"]
    assert CALLBACK not in answer.text
