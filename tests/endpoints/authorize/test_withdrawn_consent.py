"""A user withdraws what they allowed a client: what hangs on it ends."""

from __future__ import annotations

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


@pytest.fixture
def heard():
    """The events of withdrawn consents."""
    return []


@pytest.fixture
def host(new_host, heard):
    """A host with a page on which users withdraw consents."""

    def withdraw(request):
        oauth, scopes = request.oauth, request.GET.get("scopes", "").split()
        subject = request.authenticated_userid
        ended = oauth.withdraw_consent(subject, request.GET["client"], scopes)
        return Response(json_body=ended)

    def configure(config):
        config.add_route("withdraw", "/withdraw")
        config.add_view(withdraw, route_name="withdraw")
        config.add_subscriber(heard.append, ConsentWithdrawn)

    return new_host(configure)


def withdraw(browser, **query):
    return browser.get("/withdraw", {"client": "web", **query}).json


def is_asked(browser, **changes):
    """Whether the consent page is shown."""
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )
    return "/authorize/" in answer.location


def test_tokens_and_codes_of_a_withdrawn_consent_end(host, client, browser, heard):
    issued = obtain_tokens(host, client)
    code = parse_redirect(
        browser.get("/oauth/authorize", build_authorization_request())
    )["code"]
    assert withdraw(browser) == 2
    assert call_api(host, issued["access_token"]) == 401
    assert refresh_tokens(host, client, issued["refresh_token"]).status_int == 400
    refused = browser.post(
        "/oauth/token", build_code_exchange(code, client), status=400
    )
    assert refused.json["error"] == "invalid_grant"
    assert is_asked(browser)
    (event,) = heard
    assert (event.user_id, event.client_id, event.grants) == ("alice", "web", 2)


def test_grants_of_other_users_and_clients_go_on(host, client, browser):
    other = host.register_client(client_id="other")
    elsewhere = obtain_tokens(host, other, client_id="other")["access_token"]
    bob = host.browser()
    bob.get("/login?name=bob")
    form = build_code_exchange(parse_redirect(authorize_client(bob))["code"], client)
    of_bob = bob.post("/oauth/token", form).json["access_token"]
    obtain_tokens(host, client)
    assert withdraw(browser) == 1
    assert (call_api(host, elsewhere), call_api(host, of_bob)) == (200, 200)
    assert not is_asked(bob)


def test_a_withdrawn_scope_ends_the_grants_that_have_it(host, client, browser):
    wide = obtain_tokens(host, client, scope="read write")["access_token"]
    narrow = obtain_tokens(host, client, scope="read")["access_token"]
    assert withdraw(browser, scopes="write") == 1
    assert (call_api(host, wide), call_api(host, narrow)) == (401, 200)
    assert not is_asked(browser, scope="read")
    assert is_asked(browser, scope="read write")


def test_without_a_consent_the_grants_of_a_trusted_client_end(host, browser):
    client = host.register_client(skip_authorization=True)
    issued = obtain_tokens(host, client)
    assert host.count("Consent") == 0
    assert withdraw(browser) == 1
    assert refresh_tokens(host, client, issued["refresh_token"]).status_int == 400


def test_a_consent_that_the_host_deletes_as_an_object_ends_its_grants(host, client):
    issued = obtain_tokens(host, client)
    with Session(host.engine) as session:
        session.delete(session.query(host.models.Consent).one())
        session.commit()
    assert call_api(host, issued["access_token"]) == 401
    assert refresh_tokens(host, client, issued["refresh_token"]).status_int == 400
