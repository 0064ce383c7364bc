"""Hostile authorization requests and consent decisions."""

from __future__ import annotations

import base64
import json

import pytest

from tests.support.authentication import (
    CORE,
    parse_error,
    parse_login_redirect,
    request_authentication,
)
from tests.support.host import build_authorization_request, parse_redirect
from tests.support.provider import log_in_with
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_object,
    set_client_keys,
    sign_request_object,
)


def forge_hint(**claims):
    def part(value):
        raw = json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    defaults = {"iss": "https://as.example/oauth", "sub": "alice", "exp": 1, "iat": 1}
    return f"{part({'alg': 'HS256'})}.{part(defaults | claims)}.AAAA"


@pytest.mark.parametrize("audience", ["a\0b", "a" * 9000, "\t"])
def test_an_id_token_hint_with_a_malformed_audience_is_refused(
    login_provider, audience
):
    hint = forge_hint(aud=audience)
    browser = login_provider.open_browser("alice")
    assert (
        parse_error(request_authentication(browser, id_token_hint=hint))
        == "invalid_request"
    )
    answer = browser.get(
        "/oauth/end_session", {"id_token_hint": hint}, expect_errors=True
    )
    assert answer.status_int == 400


@pytest.mark.spec("RFC 9700", "4.7.1")
@pytest.mark.parametrize("origin", ["https://[", "null", "https://evil.example"])
def test_a_decision_from_another_origin_is_refused(login_provider, origin):
    browser = login_provider.open_browser("alice")
    page = (
        request_authentication(browser, prompt="consent")
        .follow()
        .forms["oauth-consent"]
    )
    form = {"csrf_token": page["csrf_token"].value, "decision": "allow"}
    answer = browser.post(
        page.action, form, headers={"Origin": origin}, expect_errors=True
    )
    assert answer.status_int == 403
    assert page.submit("decision", value="allow").status_int == 303, (
        "the request is still pending"
    )


@pytest.mark.spec(CORE, "6.1")
def test_a_request_object_with_another_client_id_is_refused(login_provider):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(build_request_object_claims(client_id="web web"))
    answer = request_by_object(login_provider.open_browser("alice"), token)
    assert parse_redirect(answer)["error"] == "invalid_request_object"


@pytest.mark.spec("RFC 6749", "10.5")
def test_the_second_of_two_concurrent_answers_stores_no_grant(
    login_provider, monkeypatch
):
    browser = login_provider.open_browser()
    path = parse_login_redirect(request_authentication(browser, prompt="login"))[1]
    log_in_with(browser)
    grants = login_provider.count("Grant")
    # The second of two concurrent statements changes no row.
    repository = login_provider.server.repositories.authorization_requests
    monkeypatch.setattr(repository, "mark_used", lambda *_: False)
    answer = browser.get(path, expect_errors=True)
    assert answer.status_int == 400
    assert login_provider.count("Grant") == grants


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_a_credential_in_an_authorization_request_is_neither_stored_nor_passed_on(
    login_provider,
):
    credentials = {"client_secret": "misplaced", "password": "misplaced"}
    browser = login_provider.browser()
    plain = browser.get(
        "/oauth/authorize", build_authorization_request(**credentials), status=303
    )
    stored = browser.get(
        "/oauth/authorize",
        build_authorization_request(**credentials, scope="openid", max_age="1"),
        status=303,
    )
    login_provider.update_application(source="registration")
    refused = browser.get(
        "/oauth/authorize",
        build_authorization_request(**credentials, scope="none"),
        status=303,
    )
    for answer in (plain, stored, refused):
        assert parse_login_redirect(answer)
        assert "misplaced" not in answer.location
    with login_provider.engine.connect() as connection:
        table = login_provider.models.AuthorizationRequest.__table__
        assert "misplaced" not in str(connection.execute(table.select()).all())
