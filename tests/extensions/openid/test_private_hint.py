"""An `id_token_hint` is stored in no row and copied into no URL.

It is a signed statement about a user, which proxies would log (OpenID Connect Core
section 3.1.2.1). A pending request keeps its subject only.
"""

from __future__ import annotations

import json

import pytest
from sqlalchemy.orm import Session

from tests.support.authentication import (
    CORE,
    parse_error,
    parse_login_redirect,
    redeem_after_login,
    request_authentication,
    return_from_login,
)
from tests.support.host import build_authorization_request, parse_redirect
from tests.support.provider import NONCE, log_in_to_client, log_in_with
from tests.support.pushing import open_request_uri, push_request_uri

pytestmark = pytest.mark.spec(CORE, "3.1.2.1")


@pytest.fixture
def private_hint(login_provider):
    """An ID Token of alice."""
    token: str = log_in_to_client(login_provider, login_provider.web)["id_token"]
    return token


def dump_requests(host):
    """The stored authorization requests as text."""
    with Session(host.engine) as session:
        rows = session.query(host.models.AuthorizationRequest).all()
        assert rows
        return json.dumps([[row.parameters, row.details] for row in rows])


def test_without_a_login_the_hint_is_neither_in_a_url_nor_in_a_row(
    login_provider, private_hint
):
    browser = login_provider.open_browser()
    answer = request_authentication(browser, id_token_hint=private_hint)
    body = private_hint.split(".")[1]
    assert body not in answer.location
    assert body not in dump_requests(login_provider)
    log_in_with(browser, "alice")
    claims = redeem_after_login(login_provider, browser, answer)
    assert claims["sub"] == "alice"


@pytest.mark.parametrize("prompt", ["login", "consent"])
def test_a_pending_request_stores_the_subject_instead_of_the_hint(
    login_provider, private_hint, prompt
):
    browser = login_provider.open_browser("alice")
    request_authentication(browser, id_token_hint=private_hint, prompt=prompt)
    rows = dump_requests(login_provider)
    assert private_hint.split(".")[1] not in rows
    assert '"alice"' in rows


def test_a_pushed_hint_is_not_stored_and_still_excludes_other_users(
    login_provider, private_hint
):
    uri = push_request_uri(
        login_provider,
        login_provider.web,
        scope="openid",
        nonce=NONCE,
        id_token_hint=private_hint,
    )
    assert private_hint.split(".")[1] not in dump_requests(login_provider)
    answer = open_request_uri(login_provider.open_browser("bob"), uri)
    assert parse_login_redirect(answer)[0] == "reauthenticate"


def test_the_hint_excludes_other_users_after_the_client_was_changed(
    login_provider, private_hint
):
    """The stored request is then validated again, without the hint."""
    browser = login_provider.open_browser()
    answer = request_authentication(browser, id_token_hint=private_hint)
    login_provider.update_application(name="Changed", revision=9)
    log_in_with(browser, "bob")
    assert parse_error(return_from_login(browser, answer)) == "login_required"


def test_a_cross_site_post_with_a_hint_is_repeated_as_a_post(
    login_provider, private_hint
):
    form = build_authorization_request(
        scope="openid", nonce=NONCE, id_token_hint=private_hint
    )
    page = login_provider.browser().post("/oauth/authorize", form, status=200)
    fields = {k: v for k, v in page.forms["oauth-form-post"].submit_fields() if k}
    assert fields["id_token_hint"] == private_hint
    answer = login_provider.open_browser("alice").post("/oauth/authorize", fields)
    assert "code" in parse_redirect(answer)


def test_the_error_of_a_wrong_request_waits_for_a_login_without_the_hint(
    login_provider, private_hint
):
    login_provider.update_application(source="registration")
    browser = login_provider.open_browser()
    answer = request_authentication(browser, id_token_hint=private_hint, max_age="x")
    body = private_hint.split(".")[1]
    assert body not in answer.location
    assert body not in dump_requests(login_provider)
    log_in_with(browser, "bob")
    assert parse_error(return_from_login(browser, answer)) == "invalid_request"
