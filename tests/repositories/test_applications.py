"""The cache of applications: a change made elsewhere counts at the next request."""

from __future__ import annotations

from pyramid_oauth.clock import now
from tests.support.host import (
    asked,
    client_credentials,
    consent,
    refresh,
    tokens,
    use,
)


def test_a_client_changed_by_another_process_is_read_at_the_next_request(
    host, client, browser
):
    """The cache of applications proves itself; no process acts on an old copy."""
    assert client_credentials(host, client).status_int == 200
    host.change(authorization_grant_type="authorization_code refresh_token")
    assert client_credentials(host, client).json["error"] == "unauthorized_client"
    refused = browser.get(
        "/oauth/authorize", asked(redirect_uri="https://new.example/cb"), status=400
    )
    assert refused.content_type == "text/html"
    host.change(redirect_uris="https://new.example/cb")
    assert consent(browser, redirect_uri="https://new.example/cb").status_int == 303


def test_a_disabled_client_loses_its_tokens(host, client):
    issued = tokens(host, client)
    assert use(host, issued["access_token"]) == 200
    host.change(disabled_at=now())
    assert use(host, issued["access_token"]) == 401
    assert refresh(host, client, issued["refresh_token"]).status_int == 401
    host.change(disabled_at=None, allowed_scopes="write")
    assert use(host, issued["access_token"]) == 403
