"""Withdrawal of a consent ends its grants, codes and tokens."""

from __future__ import annotations

import logging

import pytest
from pyramid.response import Response
from sqlalchemy.orm import Session

from pyramid_oauth.events import ConsentWithdrawn
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
)
from tests.support.provider import log_in_browser


@pytest.fixture
def withdrawals(notified):
    """The events of withdrawn consents."""
    return notified


@pytest.fixture
def withdrawal_host(new_host, withdrawals):
    """A host with a page on which users withdraw consents."""

    def withdraw(request):
        scopes = request.GET.getall("scope") if "scopes" in request.GET else None
        try:
            ended = request.oauth.withdraw(request.GET["client"], scopes)
        except ValueError as error:
            return Response(str(error), status=403)
        return Response(json_body=ended)

    def configure(config):
        config.add_route("withdraw", "/withdraw")
        config.add_view(withdraw, route_name="withdraw")
        config.add_subscriber(withdrawals.append, ConsentWithdrawn)

    return new_host(configure)


@pytest.fixture
def withdrawal_client(withdrawal_host):
    return withdrawal_host.register_client()


@pytest.fixture
def withdrawal_browser(withdrawal_host):
    return log_in_browser(withdrawal_host)


def withdraw(browser, **query):
    return browser.get("/withdraw", {"client": "web", **query}).json


def needs_consent(browser, **changes):
    """Whether the consent page is shown."""
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )
    return "/authorize/" in answer.location


def test_tokens_and_codes_of_a_withdrawn_consent_end(
    withdrawal_host, withdrawal_client, withdrawal_browser, withdrawals, caplog
):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    tokens = obtain_tokens(withdrawal_host, withdrawal_client)
    code = parse_redirect(
        withdrawal_browser.get("/oauth/authorize", build_authorization_request())
    )["code"]
    assert withdraw(withdrawal_browser) == 2
    assert "withdrew a consent to 'web': 2 grants revoked" in caplog.text
    assert call_api(withdrawal_host, tokens["access_token"]) == 401
    assert (
        refresh_tokens(
            withdrawal_host, withdrawal_client, tokens["refresh_token"]
        ).status_int
        == 400
    )
    refused = withdrawal_browser.post(
        "/oauth/token", build_code_exchange(code, withdrawal_client), status=400
    )
    assert refused.json["error"] == "invalid_grant"
    assert needs_consent(withdrawal_browser)
    (event,) = withdrawals
    assert (event.user_id, event.client_id, event.grants) == ("alice", "web", 2)


def test_a_withdrawal_keeps_grants_of_other_users_and_clients(
    withdrawal_host, withdrawal_client, withdrawal_browser
):
    other = withdrawal_host.register_client(client_id="other")
    other_client_token = obtain_tokens(withdrawal_host, other, client_id="other")[
        "access_token"
    ]
    bob = withdrawal_host.browser()
    bob.get("/login?name=bob")
    form = build_code_exchange(
        parse_redirect(authorize_client(bob))["code"], withdrawal_client
    )
    bob_token = bob.post("/oauth/token", form).json["access_token"]
    obtain_tokens(withdrawal_host, withdrawal_client)
    assert withdraw(withdrawal_browser) == 1
    assert (
        call_api(withdrawal_host, other_client_token),
        call_api(withdrawal_host, bob_token),
    ) == (200, 200)
    assert not needs_consent(bob)


def test_a_withdrawn_scope_ends_the_grants_that_have_it(
    withdrawal_host, withdrawal_client, withdrawal_browser
):
    wide = obtain_tokens(withdrawal_host, withdrawal_client, scope="read write")[
        "access_token"
    ]
    narrow = obtain_tokens(withdrawal_host, withdrawal_client, scope="read")[
        "access_token"
    ]
    assert withdraw(withdrawal_browser, scopes="", scope="write") == 1
    assert (call_api(withdrawal_host, wide), call_api(withdrawal_host, narrow)) == (
        401,
        200,
    )
    assert not needs_consent(withdrawal_browser, scope="read")
    assert needs_consent(withdrawal_browser, scope="read write")


def test_an_empty_choice_of_scopes_withdraws_nothing(
    withdrawal_host, withdrawal_client, withdrawal_browser
):
    tokens = obtain_tokens(withdrawal_host, withdrawal_client)
    assert withdraw(withdrawal_browser, scopes="") == 0
    assert call_api(withdrawal_host, tokens["access_token"]) == 200
    assert not needs_consent(withdrawal_browser)


def test_the_last_scope_takes_the_consent_with_it(
    withdrawal_host, withdrawal_client, withdrawal_browser
):
    obtain_tokens(withdrawal_host, withdrawal_client, scope="read")
    assert withdraw(withdrawal_browser, scopes="", scope="read") == 1
    assert withdrawal_host.count("Consent") == 0


def test_nobody_withdraws_without_a_login(withdrawal_host, withdrawal_client):
    tokens = obtain_tokens(withdrawal_host, withdrawal_client)
    refused = withdrawal_host.browser().get("/withdraw?client=web", status=403)
    assert "name a subject" in refused.text
    assert call_api(withdrawal_host, tokens["access_token"]) == 200


def test_without_a_consent_the_grants_of_a_trusted_client_end(
    withdrawal_host, withdrawal_browser
):
    client = withdrawal_host.register_client(skip_authorization=True)
    tokens = obtain_tokens(withdrawal_host, client)
    assert withdrawal_host.count("Consent") == 0
    assert withdraw(withdrawal_browser) == 1
    assert (
        refresh_tokens(withdrawal_host, client, tokens["refresh_token"]).status_int
        == 400
    )


def test_a_consent_that_the_host_deletes_as_an_object_ends_its_grants(
    withdrawal_host, withdrawal_client
):
    tokens = obtain_tokens(withdrawal_host, withdrawal_client)
    with Session(withdrawal_host.engine) as session:
        session.delete(session.query(withdrawal_host.models.Consent).one())
        session.commit()
    assert call_api(withdrawal_host, tokens["access_token"]) == 401
    assert (
        refresh_tokens(
            withdrawal_host, withdrawal_client, tokens["refresh_token"]
        ).status_int
        == 400
    )


def test_a_refusal_on_the_consent_page_deletes_what_was_remembered(
    withdrawal_host, withdrawal_client, withdrawal_browser
):
    issued = obtain_tokens(withdrawal_host, withdrawal_client)
    assert not needs_consent(withdrawal_browser)
    refused = authorize_client(
        withdrawal_browser, decision="deny", approval_prompt="force"
    )
    assert parse_redirect(refused)["error"] == "access_denied"
    assert needs_consent(withdrawal_browser)
    assert call_api(withdrawal_host, issued["access_token"]) == 200
