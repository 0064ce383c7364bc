"""The cache of applications across processes."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)


def test_a_client_changed_by_another_process_is_read_at_the_next_request(
    host, client, browser
):
    """The cached copy is checked by `revision` in the same statement."""
    assert request_client_token(host, client).status_int == 200
    host.update_application(authorization_grant_type="authorization_code refresh_token")
    assert request_client_token(host, client).json["error"] == "unauthorized_client"
    refused = browser.get(
        "/oauth/authorize",
        build_authorization_request(redirect_uri="https://new.example/cb"),
        status=400,
    )
    assert refused.content_type == "text/html"
    host.update_application(redirect_uris="https://new.example/cb")
    assert (
        authorize_client(browser, redirect_uri="https://new.example/cb").status_int
        == 303
    )


def test_a_disabled_client_loses_its_tokens(host, client, browser):
    tokens = obtain_tokens(host, client)
    code = parse_redirect(authorize_client(browser))["code"]
    assert call_api(host, tokens["access_token"]) == 200
    host.update_application(disabled_at=now())
    form = build_code_exchange(code, client)
    assert (
        browser.post("/oauth/token", form, status=401).json["error"] == "invalid_client"
    )
    assert call_api(host, tokens["access_token"]) == 401
    assert refresh_tokens(host, client, tokens["refresh_token"]).status_int == 401
    host.update_application(disabled_at=None, allowed_scopes="write")
    assert call_api(host, tokens["access_token"]) == 403


def test_a_client_deleted_by_another_process_is_unknown_at_the_next_refusal(
    host, client
):
    token = request_client_token(host, client).json["access_token"]
    assert call_api(host, token) == 200
    with Session(host.engine) as session:
        session.query(host.models.Application).delete()
        session.commit()
    assert call_api(host, token) == 401
    form = {"grant_type": "refresh_token", "refresh_token": "x", **client}
    refused = host.browser().post("/oauth/token", form, status=401)
    assert refused.json["error"] == "invalid_client"
