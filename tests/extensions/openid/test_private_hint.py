"""An `id_token_hint` is stored in no row and moved into no URL.

It is a signed statement about a person, which proxies would log (OpenID Connect Core
section 3.1.2.1). A request that waits keeps the subject alone.
"""

from __future__ import annotations

import json

import pytest
from sqlalchemy.orm import Session

from tests.support.authentication import (
    CORE,
    asked,
    asks,
    claims_of,
    comes_back,
    enters,
    error_of,
    sent_to_login,
    sign_in,
)
from tests.support.host import query_of
from tests.support.provider import NONCE
from tests.support.pushing import bring, page_error, pushed

pytestmark = pytest.mark.spec(CORE, "3.1.2.1")


@pytest.fixture
def hint(login_provider):
    """An ID Token of alice."""
    token: str = sign_in(login_provider, login_provider.web)["id_token"]
    return token


def stored(host):
    """Everything that the stored authorization requests hold, as text."""
    with Session(host.engine) as session:
        rows = session.query(host.models.AuthorizationRequest).all()
        assert rows
        return json.dumps([[row.parameters, row.details] for row in rows])


def test_without_a_login_the_hint_is_neither_in_a_url_nor_in_a_row(
    login_provider, hint
):
    browser = login_provider.visitor()
    answer = asks(browser, id_token_hint=hint)
    body = hint.split(".")[1]
    assert body not in answer.location
    assert body not in stored(login_provider)
    enters(browser, "alice")
    assert (
        claims_of(login_provider, login_provider.web, comes_back(browser, answer))[
            "sub"
        ]
        == "alice"
    )


@pytest.mark.parametrize("prompt", ["login", "consent"])
def test_a_request_that_waits_for_a_person_holds_the_subject_alone(
    login_provider, hint, prompt
):
    browser = login_provider.visitor("alice")
    asks(browser, id_token_hint=hint, prompt=prompt)
    assert hint.split(".")[1] not in stored(login_provider)


def test_a_pushed_hint_is_not_stored_and_still_excludes_other_users(
    login_provider, hint
):
    uri = pushed(
        login_provider,
        login_provider.web,
        scope="openid",
        nonce=NONCE,
        id_token_hint=hint,
    )
    assert hint.split(".")[1] not in stored(login_provider)
    answer = bring(login_provider.visitor("bob"), uri)
    assert sent_to_login(answer)[0] == "reauthenticate"


def test_the_hint_excludes_other_users_after_the_client_was_changed(
    login_provider, hint
):
    """The stored request is then validated anew, without the hint."""
    browser = login_provider.visitor()
    answer = asks(browser, id_token_hint=hint)
    login_provider.change(name="Changed", revision=9)
    enters(browser, "bob")
    assert error_of(comes_back(browser, answer)) == "login_required"


def test_a_hint_posted_by_another_site_is_posted_again_and_not_put_into_a_url(
    login_provider, hint
):
    form = asked(scope="openid", nonce=NONCE, id_token_hint=hint)
    page = login_provider.browser().post("/oauth/authorize", form, status=200)
    fields = {k: v for k, v in page.forms["oauth-form-post"].submit_fields() if k}
    assert fields["id_token_hint"] == hint
    answer = login_provider.visitor("alice").post("/oauth/authorize", fields)
    assert "code" in query_of(answer)


def test_a_wrong_request_with_a_hint_is_told_on_a_page_not_after_a_login(
    login_provider, hint
):
    login_provider.change(source="registration")
    answer = asks(login_provider.visitor(), id_token_hint=hint, max_age="x")
    assert page_error(answer) == "invalid_request"
